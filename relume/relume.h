// All of relume for a program that uses it. Each layer's headers can be included alone as well.
#pragma once

#include "relume/base/dtype.h"
#include "relume/base/error.h"
#include "relume/base/parallel.h"
#include "relume/base/rng.h"
#include "relume/base/shape.h"
#include "relume/tensor/tensor.h"
