#include "relume/io/checkpoint.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/checksum.h"
#include "relume/io/safetensors.h"

namespace relume::io {
namespace {

// Not the key of a model file: one is not taken for the other.
constexpr const char* state_key = "relume.checkpoint";
constexpr const char* checksum_key = "relume.checksum";

/// Of the state and of each tensor's name, type, shape and values, in whatever order they come.
std::string checksum(const Checkpoint& checkpoint) {
  std::vector<std::string> lines{
      fmt::format("{:08x}", data::checksum(0, checkpoint.state.data(), checkpoint.state.size()))};
  for (const auto& [name, tensor] : checkpoint.tensors) {
    const Tensor dense = tensor.detach().contiguous();
    lines.push_back(fmt::format("{} {} {} {:08x}", name, relume::name(dense.dtype()), to_string(dense.shape()),
                                data::checksum(0, dense.raw_data(), dense.bytes())));
  }
  std::sort(lines.begin() + 1, lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return fmt::format("{:08x}", data::checksum(0, all.data(), all.size()));
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  require(nlohmann::json::accept(checkpoint.state),
          "save_checkpoint: {}: the state is not JSON; write it as a JSON object", path.string());
  for (const auto& [name, tensor] : checkpoint.tensors)
    require(tensor.defined(), "save_checkpoint: {}: {} is undefined; give it a value or leave it out", path.string(),
            name);
  save_safetensors(path, {checkpoint.tensors, {{state_key, checkpoint.state}, {checksum_key, checksum(checkpoint)}}});
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  SafeTensors content = load_safetensors(path);
  const auto state = content.metadata.find(state_key);
  require<InputError>(state != content.metadata.end() && nlohmann::json::accept(state->second),
                      "load_checkpoint: {}: its metadata holds no {}; give a checkpoint that relume wrote",
                      path.string(), state_key);
  Checkpoint checkpoint{std::move(content.tensors), std::move(state->second)};
  const auto written = content.metadata.find(checksum_key);
  require<InputError>(written != content.metadata.end() && written->second == checksum(checkpoint),
                      "load_checkpoint: {}: its content is not what was written; take a copy that is whole",
                      path.string());
  return checkpoint;
}

}  // namespace relume::io
