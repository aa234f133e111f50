// relume._core: the library as Python sees it. What is written in Python stands in python/relume.
#include "python/core/array.h"
#include "python/core/core.h"

NB_MODULE(_core, module) {  // NOLINT
  using namespace relume::python;
  nb::set_leak_warnings(false);  // a watched PyTorch loop lives until the process ends
  import_numpy();
  module.attr("__version__") = RELUME_VERSION;
  bind_errors(module);
  bind_dtype(module);
  bind_tensor(module);
  bind_creation(module);
  bind_arithmetic(module);
  bind_elementwise(module);
  bind_operations(module);
  bind_reductions(module);
  bind_activations(module);
  bind_nn(module);
  bind_optim(module);
  bind_data(module);
  bind_io(module);
  bind_training(module);
  bind_infer(module);
  bind_onnx(module);
  bind_estimator(module);
  bind_health(module);
  bind_plot(module);
}
