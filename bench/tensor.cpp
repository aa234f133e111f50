// What one operation on tensors costs beyond its arithmetic, and how often a training step asks the system for memory.
// Prints JSON: nanoseconds by case, and allocations.
#include <atomic>
#include <cstdlib>
#include <functional>

#include <fmt/core.h>

#include "bench/stopwatch.h"
#include "relume/relume.h"

// Counting stands in for the C library's functions, which the library under test calls as well.
extern "C" {
void* __libc_malloc(std::size_t bytes);                           // NOLINT
void* __libc_memalign(std::size_t alignment, std::size_t bytes);  // NOLINT
}

namespace {

std::atomic<std::int64_t> allocations{0};

}  // namespace

extern "C" void* malloc(std::size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}

namespace {

using namespace relume;

std::int64_t allocations_in_a_step(std::vector<std::int64_t> widths, std::int64_t batch) {
  nn::Sequential net;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    net.push_back(std::make_shared<nn::Linear>(widths[i], widths[i + 1]));
    if (i + 2 < widths.size()) net.push_back(std::make_shared<nn::ReLU>());
  }
  const Tensor x = randn({batch, widths.front()}), y = randint(0, widths.back(), {batch});
  optim::Adam adam(net.parameters());
  const auto step = [&] {
    adam.zero_grad();
    nn::cross_entropy(net(x), y).backward();
    adam.step();
  };
  for (int i = 0; i < 10; ++i) step();
  const std::int64_t before = allocations;
  for (int i = 0; i < 100; ++i) step();
  return (allocations - before) / 100;
}

}  // namespace

int main() {
  set_num_threads(1);
  const Tensor one = ones({1}), other = ones({1}), leaf = ones({1}, {float32, true}), matrix = randn({8, 8});
  const std::pair<const char*, std::function<void()>> cases[] = {
      {"add", [&] { (void)(one + other); }},
      {"add with grad", [&] { (void)(leaf + other); }},
      {"add and backward", [&] { (leaf + other).backward(); }},
      {"mul by a number", [&] { (void)(one * 2); }},
      {"view",
       [&] {
         (void)matrix.view({4, 16});
       }},
      {"transpose", [&] { (void)matrix.t(); }},
      {"relu", [&] { (void)relu(one); }},
      {"relu with grad", [&] { (void)relu(leaf); }},
      {"sum", [&] { (void)sum(one); }},
      {"matmul 8x8", [&] { (void)matmul(matrix, matrix); }},
  };
  fmt::print("{{");
  for (const auto& [name, call] : cases) fmt::print(R"("{}": {:.2f}, )", name, bench::nanoseconds(call));
  fmt::print(R"("allocations 4-64-64-2": {}, "allocations 784-128-10": {}}})"
             "\n",
             allocations_in_a_step({4, 64, 64, 2}, 32), allocations_in_a_step({784, 128, 10}, 64));
}
