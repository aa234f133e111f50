// Public. The list of the family: a new activation is its own file, its include and its name here.
#pragma once

#include "relume/activation/celu.h"
#include "relume/activation/crelu.h"
#include "relume/activation/elu.h"
#include "relume/activation/geglu.h"
#include "relume/activation/gelu.h"
#include "relume/activation/gelu_tanh.h"
#include "relume/activation/general_relu.h"
#include "relume/activation/glu.h"
#include "relume/activation/hardshrink.h"
#include "relume/activation/hardsigmoid.h"
#include "relume/activation/hardswish.h"
#include "relume/activation/hardtanh.h"
#include "relume/activation/identity.h"
#include "relume/activation/leaky_relu.h"
#include "relume/activation/log_sigmoid.h"
#include "relume/activation/log_softmax.h"
#include "relume/activation/mish.h"
#include "relume/activation/prelu.h"
#include "relume/activation/reglu.h"
#include "relume/activation/relu.h"
#include "relume/activation/relu6.h"
#include "relume/activation/relu_squared.h"
#include "relume/activation/rrelu.h"
#include "relume/activation/selu.h"
#include "relume/activation/sigmoid.h"
#include "relume/activation/silu.h"
#include "relume/activation/softmax.h"
#include "relume/activation/softplus.h"
#include "relume/activation/softshrink.h"
#include "relume/activation/softsign.h"
#include "relume/activation/swiglu.h"
#include "relume/activation/tanh.h"
#include "relume/activation/tanhshrink.h"
#include "relume/activation/threshold.h"
#include "relume/activation/thresholded_relu.h"
#include "relume/base/type_list.h"

namespace relume::activation {

using Family = TypeList<Relu, LeakyRelu, Prelu, Rrelu, Elu, Relu6, Selu, Celu, Gelu, GeluTanh, Silu, Mish, Softplus,
                        Softsign, LogSigmoid, Sigmoid, Tanh, Hardtanh, Hardsigmoid, Hardswish, Hardshrink, Softshrink,
                        Tanhshrink, Threshold, ThresholdedRelu, ReluSquared, GeneralRelu, Crelu, Glu, Reglu, Geglu,
                        Swiglu, Softmax, LogSoftmax, Identity>;

}  // namespace relume::activation
