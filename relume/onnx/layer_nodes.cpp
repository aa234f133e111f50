#include "relume/onnx/layer_nodes.h"

#include <algorithm>

#include "relume/onnx/activation_nodes.h"

namespace relume::onnx {
namespace {

class LayerNodes {
 public:
  LayerNodes(GraphWriter& graph, Name x, std::int64_t width) : graph_(graph), x_(std::move(x)), width_(width) {}

  void add(const infer::FrozenLayer& layer) {
    std::visit([this](const auto& l) { write(l); }, layer);
    width_ = infer::features_out(layer, width_);
  }
  Name result() const { return x_; }

 private:
  void write(const infer::Dense& dense) {
    x_ = graph_.add("Gemm",
                    {x_, graph_.constant(dense.weight, {dense.outputs, dense.inputs}),
                     graph_.constant(dense.bias, {dense.outputs})},
                    {{"transB", std::int64_t{1}}});
  }

  void write(const infer::Scale& scale) {
    apply("Sub", scale.center, 0);
    apply("Mul", scale.factor, 1);
    apply("Add", scale.offset, 0);
  }

  void write(const infer::Elementwise& f) { x_ = write_activation(graph_, f.activation, x_, width_); }

  void write(const infer::Slopes& slopes) {
    x_ = graph_.add("PRelu", {x_, graph_.constant(slopes.slope, {std::ssize(slopes.slope)})});
  }

  void write(const infer::Along& along) { x_ = write_activation(graph_, along.activation, x_, width_); }

  void write(const infer::Normalise& norm) {
    const auto epsilon = static_cast<float>(norm.epsilon);
    if (norm.groups == 1 && graph_.opset() >= 17) {
      x_ = graph_.add("LayerNormalization",
                      {x_, graph_.constant(norm.factor, {width_}), graph_.constant(norm.offset, {width_})},
                      {{"axis", std::int64_t{-1}}, {"epsilon", epsilon}});
      return;
    }
    // Each group as a channel of instances that are rows.
    const auto groups = static_cast<std::size_t>(norm.groups);
    const Name rows = graph_.reshape(x_, {-1, norm.groups, width_ / norm.groups});
    const Name normal = graph_.add("InstanceNormalization",
                                   {rows, graph_.constant(std::vector<float>(groups, 1), {norm.groups}),
                                    graph_.constant(std::vector<float>(groups, 0), {norm.groups})},
                                   {{"epsilon", epsilon}});
    x_ = graph_.reshape(normal, {-1, width_});
    apply("Mul", norm.factor, 1);
    apply("Add", norm.offset, 0);
  }

  void write(const infer::BeginResidual& /*marker*/) { begun_.push_back(x_); }

  void write(const infer::EndResidual& /*marker*/) {
    x_ = graph_.add("Add", {x_, begun_.back()});
    begun_.pop_back();
  }

  /// x op values, where they do not leave x as it is.
  void apply(const char* op, const std::vector<float>& values, float nothing) {
    if (std::ranges::all_of(values, [nothing](float v) { return v == nothing; })) return;
    x_ = graph_.add(op, {x_, graph_.constant(values, {std::ssize(values)})});
  }

  GraphWriter& graph_;
  Name x_;
  std::int64_t width_;
  std::vector<Name> begun_;
};

}  // namespace

Name write_layers(GraphWriter& graph, const infer::Frozen& frozen, Name x) {
  LayerNodes nodes(graph, std::move(x), frozen.inputs);
  for (const infer::FrozenLayer& layer : frozen.layers) nodes.add(layer);
  return nodes.result();
}

}  // namespace relume::onnx
