// Any text is a list of layers that is the same when it is printed and read again, and that can be built and run where
// its size is told to be small, or an error of ours.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "relume/base/error.h"
#include "relume/nn/architecture.h"
#include "relume/tensor/tensor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  constexpr std::int64_t features = 12, small = 1 << 16;
  try {
    const auto layers = nn::parse_architecture({reinterpret_cast<const char*>(data), size});
    const std::string text = nn::to_string(layers);
    if (nn::to_string(nn::parse_architecture(text)) != text) std::abort();
    const nn::Extent extent = nn::extent(layers, features, 2);
    if (extent.values > small || extent.widest > small || layers.size() > 64) return 0;
    Rng rng(0);
    const auto network = nn::build(layers, features, 2, rng);
    std::int64_t values = 0;
    for (const auto& [name, tensor] : network->state()) values += tensor.elements();
    if (values != extent.values) std::abort();
    (*network)(ones({3, features}));
  } catch (const Error&) {
  }
  return 0;
}
