// Any bytes are either tensors that can be read to their ends or an InputError.
#include "relume/io/safetensors.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto content = relume::io::parse_safetensors(std::as_bytes(std::span(data, size)), "input");
    for (const auto& [name, tensor] : content.tensors) tensor.clone();
  } catch (const relume::InputError&) {
    return 0;
  }
  return 0;
}
