// Compiled for size.
#include "relume/infer/model_file.h"

#include <algorithm>
#include <utility>

#include "relume/base/half.h"
#include "relume/base/require.h"
#include "relume/infer/freeze.h"
#include "relume/io/model_description.h"
#include "relume/io/safetensors_reader.h"

namespace relume::infer {
namespace {

/// The layers of a description with their weights from the file.
class LayerReader {
 public:
  LayerReader(const io::Model& model, const io::SafeTensorsHeader& header, io::ReadEntry read)
      : layers_(model.layers), width_(model.features), header_(header), read_(read) {
    for (const io::SafeTensorsEntry& entry : header.entries) stored_ += entry.shape.elements();
    most_ = 1024 + 16 * (stored_ + model.features);  // as in io/model.cpp
    add_input_scale(frozen_, model);
    for (; place_ < layers_.size(); ++place_) add(layers_[place_]);
    add_linear(model.outputs);
    require<InputError>(used_ == header.entries.size(), "{} tensors of {} have no place in this network",
                        header.entries.size() - used_, header.entries.size());
  }

  Frozen take() { return std::move(frozen_); }

 private:
  void add(const nn::LayerSpec& layer) {
    Rng none(0);
    const nn::LayerPlace place{layers_, place_, width_, none};
    if (layer.name == "linear") return add_linear(place.count("units"));
    if (layer.name == "batchnorm") {
      auto weight = take("weight", {width_}), bias = take("bias", {width_}), mean = take("running_mean", {width_});
      const auto variance = take("running_var", {width_});
      take("num_batches_tracked", {});
      return push(scale_of(std::move(mean), std::move(weight), std::move(bias), variance, place.number(1e-5)));
    }
    if (layer.name == "layernorm") return add_normal(1, place.number(1e-5));
    if (layer.name == "groupnorm") return add_normal(place.count("groups"), 1e-5);
    if (layer.name == "prelu") return push(Slopes{take("weight", {1})});
    if (layer.name == "dropout" || layer.name == "flatten") return;
    const Activation f(layer.arguments.empty() ? layer.name : layer.name + "(" + layer.arguments + ")");
    if (f.entry().kind == activation::Kind::elementwise) return push(Elementwise{f});
    require<InputError>(f.entry().kind != activation::Kind::rows, "\"{}\" is not a hidden layer", layer.name);
    push(Along{f});
    width_ = features_out(frozen_.layers.back(), width_);
    require<InputError>(width_ <= most_, "the layers make {} values a row of {} weights; it is damaged", width_,
                        stored_);
  }

  void add_linear(std::int64_t outputs) {
    auto weight = take("weight", {outputs, width_}), bias = take("bias", {outputs});
    push(Dense{width_, outputs, std::move(weight), std::move(bias)});
    width_ = outputs;
  }

  void add_normal(std::int64_t groups, double epsilon) {
    require<InputError>(width_ % groups == 0, "{} channels do not make {} equal groups", width_, groups);
    auto weight = take("weight", {width_}), bias = take("bias", {width_});
    push(Normalise{groups, epsilon, std::move(weight), std::move(bias)});
  }

  void push(FrozenLayer layer) { frozen_.layers.push_back(std::move(layer)); }

  /// That tensor of the layer, which must be of that shape.
  std::vector<float> take(const char* name, const Shape& shape) {
    const std::string whole = std::to_string(place_) + "." + name;
    const auto found = std::ranges::find(header_.entries, whole, &io::SafeTensorsEntry::name);
    require<InputError>(found != header_.entries.end(), "\"{}\" {} is missing", whole, shape);
    require<InputError>(found->shape == shape, "\"{}\" is {} but the network's is {}", whole, found->shape, shape);
    ++used_;
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    if (found->dtype == float32) {
      read_(*found, values.data());
    } else {
      std::vector<std::byte> bytes(found->end - found->begin);
      read_(*found, bytes.data());
      visit(found->dtype, [&]<class T>() {
        const T* from = reinterpret_cast<const T*>(bytes.data());
        for (float& x : values) x = static_cast<float>(*from++);
      });
    }
    return values;
  }

  const std::vector<nn::LayerSpec>& layers_;
  std::size_t place_ = 0, used_ = 0;
  std::int64_t width_, stored_ = 0, most_ = 0;
  const io::SafeTensorsHeader& header_;
  io::ReadEntry read_;
  Frozen frozen_;
};

ModelFile file_of(const io::SafeTensorsHeader& header, io::ReadEntry read, const std::string& source) {
  ModelFile file;
  file.model = io::described_model(header.metadata, source,
                                   [&](io::Model& model) { file.network = LayerReader(model, header, read).take(); });
  file.network = finished(std::move(file.network), file.model.features);
  return file;
}

}  // namespace

ModelFile load_model_file(const std::filesystem::path& path) {
  ModelFile file;
  io::read_safetensors(path, [&](const io::SafeTensorsHeader& header, io::ReadEntry read) {
    file = file_of(header, read, path.string());
  });
  return file;
}

ModelFile parse_model_file(std::span<const std::byte> bytes, std::string_view name) {
  ModelFile file;
  io::read_safetensors(bytes, name, [&](const io::SafeTensorsHeader& header, io::ReadEntry read) {
    file = file_of(header, read, std::string(name));
  });
  return file;
}

}  // namespace relume::infer
