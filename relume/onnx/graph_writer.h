// Private. An ONNX graph while it is written, for whichever opset.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "relume/onnx/onnx.pb.h"

namespace relume::onnx {

/// The name of a value in the graph.
using Name = std::string;

class GraphWriter {
 public:
  using Setting = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<std::string>>;
  using Attributes = std::vector<std::pair<std::string, Setting>>;

  explicit GraphWriter(int opset) : opset_(opset) {}

  int opset() const { return opset_; }

  /// What the graph takes: rows of that shape. Its name is `wanted`, or like it where that is taken.
  Name input(const std::string& wanted, proto::Tensor::DataType type, const std::vector<std::int64_t>& row);
  /// A value becomes what the graph gives, under that name or one like it.
  Name output(const Name& value, const std::string& wanted, proto::Tensor::DataType type,
              const std::vector<std::int64_t>& row);

  Name constant(const std::vector<float>& values, const std::vector<std::int64_t>& shape);
  Name constant(const std::vector<std::int64_t>& values);
  Name constant(const std::vector<std::string>& texts);
  Name scalar(double value, proto::Tensor::DataType type = proto::Tensor::FLOAT);

  /// A node of one output; the same node twice is one.
  Name add(std::string_view op, const std::vector<Name>& inputs, const Attributes& attributes = {},
           std::string_view domain = "");

  // Operators whose form or existence depends on the opset.
  Name clip(const Name& x, double low, double high);
  Name reshape(const Name& x, const std::vector<std::int64_t>& shape);
  /// The two halves of rows of that many values.
  std::pair<Name, Name> halves(const Name& x, std::int64_t width);
  /// a ≤ b, false where one is NaN.
  Name less_or_equal(const Name& a, const Name& b);
  Name equal(const Name& a, const Name& b);

  /// The file, for the outputs named so far.
  const proto::Model& finish(const std::string& version);
  void describe(const std::string& key, const std::string& value);

 private:
  Name unused(const std::string& wanted);
  Name stored(proto::Tensor& tensor, const std::string& key);
  void add_info(proto::ValueInfo& info, const Name& name, proto::Tensor::DataType type,
                const std::vector<std::int64_t>& row);
  Name add_node(std::string_view op, const std::vector<Name>& inputs, const Attributes& attributes,
                std::string_view domain, std::vector<Name> outputs);

  int opset_;
  bool uses_ml_ = false;
  proto::Model model_;
  std::set<Name> taken_;
  std::map<std::string, int> counts_;
  std::map<std::string, Name> known_;  // what a node or a constant is, to its value
};

}  // namespace relume::onnx
