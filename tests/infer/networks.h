// What the tests of prediction share: networks, rows, and results in double precision.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/autograd/grad_mode.h"
#include "relume/base/rng.h"
#include "relume/data/open.h"
#include "relume/infer/predictor.h"
#include "relume/io/model.h"
#include "relume/nn/layers.h"
#include "tests/io/made_model.h"

namespace relume::infer {

inline std::vector<float> random_rows(std::int64_t count, std::uint64_t seed = 1, double scale = 2) {
  Rng rng(seed);
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& x : numbers) x = static_cast<float>((rng.uniform() * 2 - 1) * scale);
  return numbers;
}

/// Numbers for all parameters and running averages, the variances positive.
inline void set_random(nn::Module& network, std::uint64_t seed = 3) {
  Rng rng(seed);
  for (const auto& [name, tensor] : network.state()) {
    if (tensor.dtype() != float32) continue;
    const double shift = name.ends_with("running_var") ? 1.5 : 0;
    const double scale = tensor.dimensions() == 2 ? 2 / std::sqrt(static_cast<double>(tensor.size(1))) : 1;
    for (float& x : tensor.detach().span<float>()) x = static_cast<float>((rng.uniform() * 2 - 1) * scale + shift);
  }
  network.eval();
}

inline std::vector<float> forward(nn::Module& network, const std::vector<float>& rows, std::int64_t width) {
  NoGradGuard guard;
  const Tensor y = network(from_vector(rows, Shape{std::ssize(rows) / width, width})).contiguous();
  return {y.span<float>().begin(), y.span<float>().end()};
}

/// W x + b of one row, in double precision.
inline std::vector<double> linear(const nn::Linear& layer, const std::vector<double>& x) {
  std::vector<double> y;
  const std::vector<double> w = layer.weight.to_vector<double>();
  for (std::size_t j = 0; j < static_cast<std::size_t>(layer.out_features()); ++j) {
    double sum = layer.bias.defined() ? layer.bias.to_vector<double>()[j] : 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += w[j * x.size() + i] * x[i];
    y.push_back(sum);
  }
  return y;
}

/// An activation of whatever kind on a row of numbers, by its definition.
inline std::vector<double> activated(const Activation& f, const std::vector<double>& x) {
  const activation::Entry& entry = f.entry();
  std::vector<double> y;
  if (entry.kind == activation::Kind::elementwise) {
    for (const double v : x) y.push_back(entry.scalar(v, f.parameters()));
  } else if (entry.kind == activation::Kind::gated) {
    const Activation gate{std::string_view(entry.wraps)};
    for (std::size_t i = 0; i < x.size() / 2; ++i) y.push_back(x[i] * gate.entry().scalar(x[x.size() / 2 + i]));
  } else if (entry.kind == activation::Kind::concatenated) {
    const Activation inner{std::string_view(entry.wraps)};
    for (const double v : x) y.push_back(inner.entry().scalar(v));
    for (const double v : x) y.push_back(inner.entry().scalar(-v));
  } else {
    double total = 0;
    for (const double v : x) total += std::exp(v);
    for (const double v : x) y.push_back(entry.info.name == "softmax" ? std::exp(v) / total : v - std::log(total));
  }
  return y;
}

/// rooms 0…9, some missing, and place north, south or east; the target is price, or kind, three classes of it.
inline data::Table houses(bool classes) {
  std::vector<double> rooms, price;
  std::vector<std::string> place, kind;
  for (int i = 0; i < 90; ++i) {
    rooms.push_back(i % 11 == 7 ? std::nan("") : i % 10);
    place.emplace_back(i % 3 == 0 ? "north" : i % 3 == 1 ? "south" : "east");
    price.push_back(100.0 * (i % 10) + (i % 3 == 0 ? 50 : 0));
    kind.emplace_back(price.back() > 500 ? "dear" : price.back() > 200 ? "fair" : "cheap");
  }
  data::Table table;
  table.source = "houses";
  table.add_numbers("rooms", rooms).add_texts("place", place);
  return classes ? table.add_texts("kind", kind) : table.add_numbers("price", price);
}

/// Sizes over six powers of ten and four kinds, the last missing where not all are to be known; a number of both.
inline data::Table many_kinds(bool all) {
  std::vector<double> size, target;
  std::vector<std::string> kind;
  for (int i = 0; i < 120; ++i) {
    size.push_back(i % 9 == 4 ? std::nan("") : std::pow(10.0, (i * 7 % 120) / 20.0));
    kind.emplace_back(i % 4 == 3 && !all ? "" : std::string(1, static_cast<char>('p' + i % 4)));
    target.push_back(i % 4 + 0.1 * (i % 7));
  }
  data::Table table;
  table.source = "kinds";
  table.add_numbers("size", size).add_texts("kind", kind).add_numbers("target", target);
  return table;
}

/// With the weights of chance: what it says is compared, not judged.
inline io::Model model_of(const data::Table& table, const std::string& layers = "linear(8) relu") {
  io::Model model = io::made_model(table, table.columns.back().name, layers);
  set_random(*model.network);
  return model;
}

inline std::vector<float> predict(const Predictor& predictor, const std::vector<float>& rows, int threads = 1) {
  std::vector<float> out(rows.size() / static_cast<std::size_t>(predictor.inputs()) *
                         static_cast<std::size_t>(predictor.outputs()));
  predictor.predict(rows, out, threads);
  return out;
}

/// To 1e-6 of the largest: as exact as float32 sums of some hundred terms are.
inline void expect_equal(const std::vector<float>& found, const std::vector<float>& expected, double tolerance = 2e-6) {
  ASSERT_EQ(found.size(), expected.size());
  double largest = 1;
  for (const float x : expected) largest = std::max(largest, std::abs(static_cast<double>(x)));
  for (std::size_t i = 0; i < found.size(); ++i)
    ASSERT_NEAR(found[i], expected[i], tolerance * largest) << "number " << i;
}

inline std::shared_ptr<nn::Sequential> network(std::initializer_list<std::int64_t> widths) {
  auto net = std::make_shared<nn::Sequential>();
  for (const auto* w = widths.begin(); w + 1 != widths.end(); ++w) {
    if (net->size() > 0) net->push_back(std::make_shared<nn::ReLU>());
    net->push_back(std::make_shared<nn::Linear>(w[0], w[1]));
  }
  set_random(*net);
  return net;
}

/// linear, the activation as a module, linear
struct Sandwich {
  Sandwich(const Activation& f, std::int64_t inputs, std::int64_t width, std::int64_t outputs)
      : first(std::make_shared<nn::Linear>(inputs, width)),
        last(std::make_shared<nn::Linear>(f.entry().features_out(width), outputs)) {
    net.push_back(first);
    if (f.entry().kind == activation::Kind::parametric)
      net.push_back(std::make_shared<nn::PReLU>(width));
    else if (f.entry().kind == activation::Kind::elementwise)
      net.push_back(std::make_shared<nn::Activate>(f));
    else
      net.push_back(std::make_shared<nn::ActivateAlong>(f));
    net.push_back(last);
    set_random(net);
  }
  nn::Sequential net;
  std::shared_ptr<nn::Linear> first, last;
};

/// A classifier of rows without columns, its weights as a training of that seed begins.
inline io::Model array_model(std::int64_t features, const std::vector<std::string>& labels, const std::string& layers,
                             std::uint64_t seed) {
  io::Model model;
  model.features = features;
  model.outputs = std::ssize(labels);
  model.labels = labels;
  model.layers = nn::parse_architecture(layers);
  Rng rng(seed);
  model.build(rng);
  return model;
}

}  // namespace relume::infer
