#include "apps/relume/read_model.h"

#include "relume/base/require.h"
#include "relume/onnx/onnx.h"

namespace relume::app {

io::Model read_model(const std::filesystem::path& path) {
#ifdef RELUME_HAVE_ONNX
  return onnx::is_onnx(path) ? onnx::load_model(path) : io::Model::load(path);
#else
  if (path.extension() == ".onnx") fail_without_onnx(path);
  return io::Model::load(path);
#endif
}

void fail_without_onnx(const std::filesystem::path& path) {
  fail<InputError>("onnx: {}: this relume was built without ONNX; build it where protobuf is (./dev deps)",
                   path.string());
}

}  // namespace relume::app
