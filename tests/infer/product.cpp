// A layer's product in each layout and with any share of zeros, beside double precision and bit for bit beside itself.
#include "relume/infer/product.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/kernels/pruned_panels.h"
#include "tests/activation/every_level.h"
#include "tests/infer/networks.h"

namespace relume::infer {
namespace {

using Layout = Product::Layout;
using activation::on_every_level;

/// A layer in one of its layouts.
struct Layer {
  Layer(std::int64_t n, std::int64_t m, Layout layout)
      : inputs(n), outputs(m), tables(ProductTables::in_use()), weight(random_rows(n * m, 5, 1)) {
    columns = tables.panels->columns(m);
    bias = random_rows(columns, 6, 1);
    packed = std::vector<float>(static_cast<std::size_t>(n * columns + 16));
    room = std::vector<float>(static_cast<std::size_t>(room_for_zeros(n, true)));
    if (layout == Layout::pruned) return;
    auto* at = reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(packed.data()) + 63) / 64 * 64);
    (layout == Layout::panels ? tables.panels->pack : tables.wide->pack)(n, m, weight.data(), at);
    product.layout = layout;
    product.weights = {n, m, at, bias.data()};
  }

  /// Of blocks of an input and so many outputs some share becomes 0.
  void prune(double share, std::int64_t block) {
    Rng rng(11);
    for (std::int64_t first = 0; first < outputs; first += block)
      for (std::int64_t p = 0; p < inputs; ++p)
        if (rng.uniform() < share)
          for (std::int64_t j = first; j < std::min(first + block, outputs); ++j)
            weight[static_cast<std::size_t>(j * inputs + p)] = 0;
    const std::int64_t width = tables.pruned->width;
    const kernels::PrunedSize size = kernels::pruned_size(inputs, outputs, weight.data(), width);
    packed.assign(static_cast<std::size_t>(size.weights), -7);
    index.assign(static_cast<std::size_t>(size.indices), 0xffffff);
    kernels::pack_pruned(inputs, outputs, weight.data(), width, packed.data(), index.data());
    product.layout = Layout::pruned;
    product.pruned = {inputs, outputs, packed.data(), index.data(), bias.data()};
  }

  template <class F>
  std::vector<float> with(F f, const std::vector<float>& x) {
    const std::int64_t rows = std::ssize(x) / inputs;
    std::vector<float> y(static_cast<std::size_t>(rows * outputs));
    f(product, tables, Rows{x.data(), inputs, y.data(), outputs, rows}, room.data());
    return y;
  }

  std::vector<double> expected(const std::vector<float>& x) const {
    std::vector<double> y;
    for (std::int64_t r = 0; r < std::ssize(x) / inputs; ++r)
      for (std::int64_t j = 0; j < outputs; ++j) {
        double sum = static_cast<double>(bias[static_cast<std::size_t>(j)]);
        for (std::int64_t p = 0; p < inputs; ++p)
          sum += static_cast<double>(weight[static_cast<std::size_t>(j * inputs + p)]) *
                 static_cast<double>(x[static_cast<std::size_t>(r * inputs + p)]);
        y.push_back(sum);
      }
    return y;
  }

  std::int64_t inputs, outputs, columns = 0;
  ProductTables tables;
  std::vector<float> weight, bias, packed, room;
  std::vector<std::uint32_t> index;
  Product product;
};

/// Rows of which so many inputs are not 0.
std::vector<float> rows_with(std::int64_t rows, std::int64_t inputs, double share) {
  std::vector<float> x = random_rows(rows * inputs, 8);
  Rng rng(9);
  for (float& v : x)
    if (rng.uniform() >= share) v = 0;
  return x;
}

std::vector<float> one_unit(std::int64_t inputs, std::int64_t unit) {
  std::vector<float> x(static_cast<std::size_t>(inputs));
  x[static_cast<std::size_t>(unit)] = 1.5f;
  return x;
}

void expect_right(Layer& layer, const std::vector<float>& x) {
  const std::vector<float> all = layer.with(run_all, x);
  const std::vector<double> expected = layer.expected(x);
  for (std::size_t i = 0; i < all.size(); ++i)
    ASSERT_NEAR(all[i], expected[i], 1e-6 * (std::abs(expected[i]) + std::sqrt(static_cast<double>(layer.inputs)) * 4));
  if (layer.product.layout == Layout::pruned) return;
  ASSERT_EQ(layer.with(run_fired, x), all);
}

TEST(Product, IsRightAndTheSameWhateverIsLeftUnread) {
  on_every_level([](kernels::Level) {
    for (const std::int64_t inputs : {1, 2, 7, 33, 300})
      for (const std::int64_t outputs : {1, 3, 16, 17, 33, 64, 100, 139}) {
        Layer layer(inputs, outputs, Layout::panels);
        for (const double share : {0.0, 0.05, 0.5, 1.0}) expect_right(layer, rows_with(11, inputs, share));
        for (const std::int64_t unit : {std::int64_t{0}, inputs / 2, inputs - 1})
          expect_right(layer, one_unit(inputs, unit));
      }
  });
}

TEST(Product, IsTheSameInWideRowsAsInPanels) {
  on_every_level([](kernels::Level) {
    for (const std::int64_t inputs : {1, 2, 9, 45, 130})
      for (const std::int64_t outputs : {64, 1088, 2112}) {
        Layer panels(inputs, outputs, Layout::panels), wide(inputs, outputs, Layout::wide_rows);
        for (const double share : {0.1, 1.0})
          for (const std::int64_t rows : {1, 19}) {
            const std::vector<float> x = rows_with(rows, inputs, share);
            expect_right(wide, x);
            ASSERT_EQ(wide.with(run_all, x), panels.with(run_all, x)) << inputs << " " << outputs << " " << rows;
          }
      }
  });
}

TEST(Product, IsTheSamePrunedAsInPanels) {
  on_every_level([](kernels::Level) {
    for (const std::int64_t inputs : {1, 3, 40, 101})
      for (const std::int64_t outputs : {1, 10, 16, 31, 64, 100, 144})
        for (const std::int64_t block : {1, 8, 16})
          for (const double share : {0.0, 0.5, 0.9, 1.0}) {
            Layer pruned(inputs, outputs, Layout::pruned), panels(inputs, outputs, Layout::panels);
            pruned.prune(share, block);
            panels.tables.panels->pack(inputs, outputs, pruned.weight.data(),
                                       const_cast<float*>(panels.product.weights.weight));
            for (const std::int64_t rows : {1, 7}) {
              const std::vector<float> x = rows_with(rows, inputs, 0.7);
              expect_right(pruned, x);
              ASSERT_EQ(pruned.with(run_all, x), panels.with(run_all, x)) << inputs << " " << outputs << " " << share;
            }
          }
  });
}

TEST(Product, APrunedLayerTakesTheRoomOfWhatIsLeft) {
  Layer layer(128, 64, Layout::pruned);
  layer.prune(0.75, 16);
  const auto left = std::ranges::count_if(layer.weight, [](float w) { return w != 0; });
  EXPECT_EQ(std::ssize(layer.packed), left);
  layer.prune(1, 16);
  EXPECT_EQ(layer.packed.size(), 0U);
}

TEST(Product, ReadsNoWeightThatBelongsToAZero) {
  for (const Layout layout : {Layout::panels, Layout::wide_rows}) {
    Layer layer(40, 64, layout);
    const std::vector<float> x = one_unit(40, 17);
    const std::vector<float> before = layer.with(run_fired, x);
    for (std::int64_t j = 0; j < 64; ++j)
      for (std::int64_t p = 0; p < 40; ++p)
        if (p != 17) layer.weight[static_cast<std::size_t>(j * 40 + p)] = std::numeric_limits<float>::quiet_NaN();
    (layout == Layout::panels ? layer.tables.panels->pack : layer.tables.wide->pack)(
        40, 64, layer.weight.data(), const_cast<float*>(layer.product.weights.weight));
    EXPECT_EQ(layer.with(run_fired, x), before);
  }
}

TEST(Product, CountsAndListsWhatIsNotZero) {
  on_every_level([](kernels::Level) {
    const kernels::FiredPanelTable& table = *ProductTables::in_use().fired;
    for (const std::int64_t inputs : {1, 5, 16, 100, 700}) {
      std::vector<float> x = rows_with(1, inputs, 0.4);
      x.back() = std::numeric_limits<float>::quiet_NaN();
      x.front() = -0.0f;
      std::vector<std::uint32_t> expected, found(static_cast<std::size_t>(inputs + kernels::Fired::ahead));
      for (std::size_t i = 0; i < x.size(); ++i)
        if (x[i] != 0) expected.push_back(static_cast<std::uint32_t>(i));
      kernels::Fired fired{found.data(), 0};
      table.list(x.data(), inputs, fired);
      EXPECT_EQ(table.count(x.data(), inputs, inputs), std::ssize(expected));
      EXPECT_GT(table.count(x.data(), inputs, -1), -1);
      EXPECT_EQ(std::vector<std::uint32_t>(found.begin(), found.begin() + fired.count), expected);
    }
  });
}

TEST(Product, TheRowsSayWhichWayIsTaken) {
  Layer layer(64, 64, Layout::panels);
  std::vector<float> x = rows_with(20, 64, 0.2);
  const std::vector<float> expected = layer.with(run_all, x);
  for (const std::int64_t alone : {-1, 0, 5, 64})
    for (const std::int64_t together : {-1, 0, 20, 64}) {
      layer.product.most_fired = alone;
      layer.product.most_fired_together = together;
      EXPECT_EQ(layer.with(run, x), expected);
    }
  // A weight that is NaN shows whether it was read.
  layer.product.most_fired = 1;
  const_cast<float*>(layer.product.weights.weight)[0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(layer.with(run, one_unit(64, 3)), testing::Each(testing::Not(testing::IsNan())));
  x = one_unit(64, 3);
  x[5] = x[6] = 1;
  EXPECT_THAT(layer.with(run, x), testing::Contains(testing::IsNan()));
}

TEST(Product, APredictorSaysTheSameWithAndWithoutZeros) {
  for (const char* f : {"relu", "hardshrink", "tanh"}) {
    nn::Sequential net;
    std::int64_t width = 200;
    for (const std::int64_t next : {600, 300, 9}) {
      net.push_back(std::make_shared<nn::Linear>(width, next));
      net.push_back(std::make_shared<nn::Activate>(Activation(std::string_view(f))));
      width = next;
    }
    set_random(net);
    for (const std::int64_t rows : {1, 5, 60}) {
      const std::vector<float> x = rows_with(rows, 200, 0.3);
      EXPECT_EQ(predict(Predictor(net), x), predict(Predictor(net, 0, {.skip_zeros = false}), x));
    }
  }
}

TEST(Product, APredictorOfAPrunedNetworkSaysTheSame) {
  nn::Sequential net(nn::Linear(300, 512), nn::ReLU(), nn::Linear(512, 256), nn::ReLU(), nn::Linear(256, 4));
  set_random(net);
  for (const std::size_t i : {0, 2}) {
    auto& linear = dynamic_cast<nn::Linear&>(net[i]);
    const auto w = linear.weight.detach().span<float>();
    const std::int64_t inputs = linear.in_features();
    for (std::size_t k = 0; k < w.size(); ++k) {
      const auto j = static_cast<std::int64_t>(k) / inputs, p = static_cast<std::int64_t>(k) % inputs;
      if ((j / 16 * 7 + p) % 10 != 0) w[k] = 0;
    }
  }
  const Predictor predictor(net), dense(net, 0, {.skip_zeros = false});
  EXPECT_EQ(Predictor::bytes(net).plan, predictor.bytes().plan);
  for (const std::int64_t rows : {1, 4, 50}) {
    const std::vector<float> x = random_rows(rows * 300);
    EXPECT_EQ(predict(predictor, x), predict(dense, x));
  }
  const std::vector<PlannedLayer> layers = predictor.layers(random_rows(300 * 3)), all = dense.layers(random_rows(300));
  ASSERT_EQ(layers.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i].way, "dense");
    EXPECT_EQ(all[i].bytes, all[i].dense_bytes);
    EXPECT_EQ(layers[i].dense_bytes, all[i].bytes);
    EXPECT_EQ(layers[i].bytes < layers[i].dense_bytes / 4, layers[i].way == "pruned");
    EXPECT_GT(layers[i].nanoseconds, 0);
  }
  EXPECT_EQ(layers[0].off, 0);
  EXPECT_NEAR(layers[1].off, 0.5, 0.3);
}

}  // namespace
}  // namespace relume::infer
