// Networks to and from ONNX files, where relume was built with them.
#include "relume/onnx/onnx.h"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/base/require.h"

namespace relume::python {
namespace {

#ifdef RELUME_HAVE_ONNX
nb::dict to_dict(const onnx::Exported& exported) {
  nb::dict d;
  d["inputs"] = exported.inputs;
  d["outputs"] = exported.outputs;
  d["nodes"] = exported.nodes;
  d["opset"] = exported.opset;
  d["bytes"] = exported.bytes;
  return d;
}

nb::dict export_onnx(nb::handle of, const std::filesystem::path& path, int opset, bool preprocessing,
                     std::int64_t features) {
  const onnx::ExportOptions options{.opset = opset, .preprocessing = preprocessing};
  if (nb::isinstance<io::Model>(of)) return to_dict(onnx::save(nb::cast<const io::Model&>(of), path, options));
  return to_dict(onnx::save(nb::cast<const nn::Module&>(of), path, options, features));
}

io::Model load_onnx(const std::filesystem::path& path) { return onnx::load_model(path); }

/// The network, and the labels of its classes.
nb::tuple load_onnx_network(const std::filesystem::path& path) {
  onnx::Network found = onnx::load_network(path);
  return nb::make_tuple(found.network, found.labels);
}
#else
[[noreturn]] void fail_without(const std::filesystem::path& path) {
  fail<InputError>("onnx: {}: this relume was built without ONNX; build it where protobuf is", path.string());
}
nb::dict export_onnx(nb::handle, const std::filesystem::path& path, int, bool, std::int64_t) { fail_without(path); }
io::Model load_onnx(const std::filesystem::path& path) { fail_without(path); }
nb::tuple load_onnx_network(const std::filesystem::path& path) { fail_without(path); }
#endif

}  // namespace

void bind_onnx(nb::module_& module) {
  module.def("_export_onnx", &export_onnx, "of"_a, "path"_a, "opset"_a, "preprocessing"_a, "features"_a);
  module.def("_load_onnx", &load_onnx, "path"_a);
  module.def("_load_onnx_network", &load_onnx_network, "path"_a);
}

}  // namespace relume::python
