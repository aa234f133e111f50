// A program that uses the library and in which each allocation fails once: an exception comes out of the call, nothing
// leaks, and what there was before works on.
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/base/pool.h"
#include "relume/infer/predictor.h"
#include "relume/ops/arithmetic.h"
#include "relume/train/train.h"
#include "tests/faults/allocations.h"
#include "tests/infer/networks.h"

namespace relume {
namespace {

using faults::count_allocations;
using faults::live_blocks;
using faults::stop_counting_allocations;

/// Blocks that are held where `work` has had all it wants.
template <class F>
long blocks_after(F work) {
  work();
  pool::release_cached();
  return live_blocks();
}

/// Calls `work` again and again, of which each time a later allocation fails, until it asks for no more. How often.
template <class F>
int fail_in_turn(F work) {
  blocks_after(work);  // what is made once and kept
  const long before = blocks_after(work);
  for (int number = 1;; ++number) {
    count_allocations(number);
    try {
      work();
    } catch (const std::bad_alloc&) {
    } catch (const Error&) {  // "needs 3e-08 GB, which this machine does not have"
    }
    const long asked = stop_counting_allocations();
    EXPECT_EQ(blocks_after(work), before) << "allocation " << number << " of " << asked;
    if (asked < number || testing::Test::HasFailure()) return number - 1;
  }
}

TEST(LibraryWithoutMemory, MakesNoPredictorAndLeaksNothing) {
  const io::Model model = infer::model_of(infer::houses(true), "linear(8) relu batchnorm linear(4) gelu");
  EXPECT_GT(fail_in_turn([&] { static_cast<void>(infer::Predictor(model)); }), 40);
}

TEST(LibraryWithoutMemory, ReadsNoModelAndLeaksNothing) {
  const io::Model model = infer::model_of(infer::houses(true));
  const std::string path = testing::TempDir() + "relume_faults.safetensors";
  model.save(path);
  EXPECT_GT(fail_in_turn([&] { static_cast<void>(io::Model::load(path)); }), 200);
  EXPECT_GT(fail_in_turn([&] { model.save(path); }), 100);
  EXPECT_NO_THROW(io::Model::load(path));
  std::filesystem::remove(path);
}

TEST(LibraryWithoutMemory, PredictsAsBeforeOnceThereIsSome) {
  const io::Model model = infer::model_of(infer::houses(true));
  const data::Table table = infer::houses(true);
  const auto first = model.predict(table).probabilities().to_vector<float>();
  EXPECT_GT(fail_in_turn([&] { static_cast<void>(model.predict(table)); }), 50);
  EXPECT_EQ(model.predict(table).probabilities().to_vector<float>(), first);
}

TEST(LibraryWithoutMemory, TakesGradientsAsBeforeOnceThereIsSome) {
  nn::Sequential net(nn::Linear(4, 8), nn::ReLU(), nn::LayerNorm(8), nn::Linear(8, 2));
  infer::set_random(net);
  const Tensor x = from_vector(infer::random_rows(40), Shape{10, 4});
  const auto step = [&] {
    for (Tensor& p : net.parameters()) p.set_grad(Tensor());
    const Tensor y = net(x);
    (y * y).sum().backward();
  };
  step();
  const auto first = net.parameters()[0].grad().to_vector<float>();
  EXPECT_GT(fail_in_turn(step), 5);
  step();
  EXPECT_EQ(net.parameters()[0].grad().to_vector<float>(), first);
}

TEST(LibraryWithoutMemory, TrainsAsBeforeOnceThereIsSome) {
  const TrainOptions options{.hidden = {4}, .epochs = 2, .seed = 1};
  const Tensor x = from_vector(infer::random_rows(80), Shape{20, 4});
  Tensor y = zeros({20, 1});
  for (std::int64_t i = 0; i < 20; ++i) y.span<float>()[static_cast<std::size_t>(i)] = static_cast<float>(i % 5) * 0.3f;
  const auto result = [&] { return train(x, y, options).model.network->parameters()[0].to_vector<float>(); };
  const std::vector<float> first = result();
  EXPECT_GT(fail_in_turn([&] { static_cast<void>(train(x, y, options)); }), 200);
  EXPECT_EQ(result(), first);
}

}  // namespace
}  // namespace relume
