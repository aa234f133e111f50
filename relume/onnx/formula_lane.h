// Private. A lane that computes nothing: what a formula does to it becomes nodes of a graph.
#pragma once

#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/onnx/graph_writer.h"

namespace relume::onnx {

/// A truth in the graph, or one that is known while it is written.
struct Truth {
  GraphWriter* graph = nullptr;  ///< null where it is known
  Name name = {};
  bool known = false;

  friend Truth operator&&(const Truth& a, const Truth& b) {
    if (!a.graph) return a.known ? b : a;
    if (!b.graph) return b.known ? a : b;
    return {a.graph, a.graph->add("And", {a.name, b.name})};
  }
};

/// A value of the graph, or a number.
class FormulaLane {
 public:
  FormulaLane(GraphWriter& graph, Name name) : graph_(&graph), name_(std::move(name)) {}
  /// Of a number, or of what converts to one as parameters do.
  template <class Value>
  requires std::is_convertible_v<Value, double> FormulaLane(const Value& value)  // NOLINT: as numbers convert
      : number_(static_cast<double>(value)) {}

  /// Its name in the graph, a constant's too.
  Name name_in(GraphWriter& graph) const { return graph_ ? name_ : graph.scalar(number_); }

  friend FormulaLane operator+(const FormulaLane& a, const FormulaLane& b) {
    return joined("Add", a, b, [](double x, double y) { return x + y; });
  }
  friend FormulaLane operator-(const FormulaLane& a, const FormulaLane& b) {
    return joined("Sub", a, b, [](double x, double y) { return x - y; });
  }
  friend FormulaLane operator*(const FormulaLane& a, const FormulaLane& b) {
    return joined("Mul", a, b, [](double x, double y) { return x * y; });
  }
  friend FormulaLane operator/(const FormulaLane& a, const FormulaLane& b) {
    return joined("Div", a, b, [](double x, double y) { return x / y; });
  }
  friend FormulaLane max(const FormulaLane& a, const FormulaLane& b) {
    return joined("Max", a, b, [](double x, double y) { return x <= y ? y : x; });
  }
  friend FormulaLane min(const FormulaLane& a, const FormulaLane& b) {
    return joined("Min", a, b, [](double x, double y) { return x >= y ? y : x; });
  }
  friend FormulaLane operator-(const FormulaLane& a) {
    return of("Neg", a, [](double x) { return -x; });
  }

  friend Truth operator<(const FormulaLane& a, const FormulaLane& b) {
    GraphWriter* graph = graph_of(a, b);
    if (!graph) return {nullptr, "", a.number_ < b.number_};
    return {graph, graph->add("Less", {a.name_in(*graph), b.name_in(*graph)})};
  }
  friend Truth operator>(const FormulaLane& a, const FormulaLane& b) { return b < a; }
  friend Truth operator<=(const FormulaLane& a, const FormulaLane& b) {
    GraphWriter* graph = graph_of(a, b);
    if (!graph) return {nullptr, "", a.number_ <= b.number_};
    return {graph, graph->less_or_equal(a.name_in(*graph), b.name_in(*graph))};
  }
  friend Truth operator>=(const FormulaLane& a, const FormulaLane& b) { return b <= a; }
  friend Truth operator==(const FormulaLane& a, const FormulaLane& b) {
    GraphWriter* graph = graph_of(a, b);
    if (!graph) return {nullptr, "", a.number_ == b.number_};
    return {graph, graph->equal(a.name_in(*graph), b.name_in(*graph))};
  }
  friend FormulaLane select(const Truth& where, const FormulaLane& a, const FormulaLane& b) {
    if (!where.graph) return where.known ? a : b;
    GraphWriter& graph = *where.graph;
    return {graph, graph.add("Where", {where.name, a.name_in(graph), b.name_in(graph)})};
  }

  friend FormulaLane abs(const FormulaLane& x) {
    return of("Abs", x, [](double v) { return std::abs(v); });
  }
  friend FormulaLane sqrt(const FormulaLane& x) {
    return of("Sqrt", x, [](double v) { return std::sqrt(v); });
  }
  friend FormulaLane exp(const FormulaLane& x) {
    return of("Exp", x, [](double v) { return std::exp(v); });
  }
  friend FormulaLane tanh(const FormulaLane& x) { return tanh_of(x); }
  friend FormulaLane sigmoid(const FormulaLane& x) { return sigmoid_of(x); }
  // eˣ − 1 = tanh(x/2) (eˣ + 1) does not cancel near 0.
  friend FormulaLane expm1(const FormulaLane& x) { return tanh_of(x * 0.5) * (exp(x) + 1); }
  friend FormulaLane log1p(const FormulaLane& x) {
    return of("Log", x + 1, [](double v) { return std::log(v); });
  }
  // What relume computes so that nothing overflows on the way is plain here: e^x of a large −x is 0.
  friend FormulaLane exp_times(const FormulaLane& x, const FormulaLane& y) { return y * exp(x); }
  friend FormulaLane sigmoid_times(const FormulaLane& x, const FormulaLane& y) { return y * sigmoid_of(x); }
  friend FormulaLane normal_cdf_times(const FormulaLane& x, const FormulaLane& y) {
    const FormulaLane erf = of("Erf", x * 0.70710678118654752440, [](double v) { return std::erf(v); });
    return y * 0.5 * (erf + 1);
  }
  friend FormulaLane sigmoid_of_cubic_times(const FormulaLane& x, double a, double b, const FormulaLane& y) {
    return sigmoid_times(x * (x * x * b + a), y);
  }
  template <class F>
  friend FormulaLane wide(const FormulaLane& x, F f) {
    return f(x);
  }

 private:
  // Under names of their own: relume's activations are called tanh and sigmoid too.
  static FormulaLane tanh_of(const FormulaLane& x) {
    return of("Tanh", x, [](double v) { return std::tanh(v); });
  }
  static FormulaLane sigmoid_of(const FormulaLane& x) {
    return of("Sigmoid", x, [](double v) { return 1 / (1 + std::exp(-v)); });
  }
  static GraphWriter* graph_of(const FormulaLane& a, const FormulaLane& b) { return a.graph_ ? a.graph_ : b.graph_; }

  static FormulaLane joined(std::string_view op, const FormulaLane& a, const FormulaLane& b,
                            double (*f)(double, double)) {
    GraphWriter* graph = graph_of(a, b);
    if (!graph) return f(a.number_, b.number_);
    return {*graph, graph->add(op, {a.name_in(*graph), b.name_in(*graph)})};
  }
  static FormulaLane of(std::string_view op, const FormulaLane& x, double (*f)(double)) {
    if (!x.graph_) return f(x.number_);
    return {*x.graph_, x.graph_->add(op, {x.name_})};
  }

  GraphWriter* graph_ = nullptr;
  Name name_;
  double number_ = 0;
};

}  // namespace relume::onnx
