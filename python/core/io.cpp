#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include "python/core/core.h"
#include "relume/io/safetensors.h"

namespace relume::python {

void bind_io(nb::module_& module) {
  module.def(
      "load_safetensors",
      [](const std::filesystem::path& path) {
        nb::dict tensors;
        for (const auto& [name, tensor] : io::load_safetensors(path).tensors) tensors[name.c_str()] = tensor;
        return tensors;
      },
      "path"_a, "The tensors of a safetensors file by name.");
  module.def(
      "safetensors_metadata", [](const std::filesystem::path& path) { return io::load_safetensors(path).metadata; },
      "path"_a, "The texts of a safetensors file by name.");
  module.def(
      "save_safetensors",
      [](const nb::dict& tensors, const std::filesystem::path& path,
         const std::map<std::string, std::string>& metadata) {
        io::SafeTensors content;
        for (const auto& [name, tensor] : tensors)
          content.tensors.emplace_back(nb::cast<std::string>(name), tensor_from(tensor));
        content.metadata = metadata;
        io::save_safetensors(path, content);
      },
      "tensors"_a, "path"_a, "metadata"_a = std::map<std::string, std::string>(),
      "Writes the file whole or not at all.");
}

}  // namespace relume::python
