#include "relume/io/checkpoint.h"

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/io/safetensors.h"

namespace relume::io {
namespace {

// Not the key of a model file: one is not taken for the other.
constexpr const char* state_key = "relume.checkpoint";

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  require(nlohmann::json::accept(checkpoint.state),
          "save_checkpoint: {}: the state is not JSON; write it as a JSON object", path.string());
  save_safetensors(path, {checkpoint.tensors, {{state_key, checkpoint.state}}});
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  SafeTensors content = load_safetensors(path);
  const auto state = content.metadata.find(state_key);
  require<InputError>(state != content.metadata.end() && nlohmann::json::accept(state->second),
                      "load_checkpoint: {}: its metadata holds no {}; give a checkpoint that relume wrote",
                      path.string(), state_key);
  return {std::move(content.tensors), std::move(state->second)};
}

}  // namespace relume::io
