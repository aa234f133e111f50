// Compiled for size.
// What is faster on this machine, as a plan is made: all weights of a layer, or without those of the inputs that are 0.
#include <algorithm>
#include <ctime>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

#include "relume/base/rng.h"
#include "relume/infer/block.h"
#include "relume/infer/product.h"
#include "relume/kernels/pruned_panels.h"

namespace relume::infer {
namespace {

constexpr std::int64_t together = kernels::WideRowTable::most_rows;

/// Seconds that this thread has had of a processor, so that what others do on the machine does not count.
double now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The quickest of some calls of each, in turns.
std::vector<double> quickest(const std::vector<std::function<void()>>& calls) {
  constexpr int turns = 5;
  constexpr double long_enough = 10e-6;
  std::vector<double> seconds(calls.size(), std::numeric_limits<double>::infinity());
  std::vector<int> repeats(calls.size(), 1);
  for (int turn = 0; turn < turns; ++turn)
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const double begin = now();
      for (int r = 0; r < repeats[i]; ++r) calls[i]();
      seconds[i] = std::min(seconds[i], (now() - begin) / repeats[i]);
      if (turn == 0) repeats[i] = 1 + static_cast<int>(std::min(100.0, long_enough / seconds[i]));
    }
  return seconds;
}

/// Rows of which such a share is not 0, and room for what comes out.
struct Trial {
  Trial(const Product& product, std::int64_t count, double share)
      : x(static_cast<std::size_t>(count * product.weights.inputs)),
        y(static_cast<std::size_t>(count * product.weights.outputs)),
        room(static_cast<std::size_t>(room_for_zeros(product.weights.inputs, true))),
        rows{x.data(), product.weights.inputs, y.data(), product.weights.outputs, count} {
    Rng rng(7);
    for (float& v : x) v = rng.uniform() < share ? 1.0f : 0.0f;
  }

  std::vector<float> x, y, room;
  Rows rows;
};

struct Choice {
  std::int64_t most_fired = -1, most_fired_together = -1;
};

Choice measured(const Product& product, const ProductTables& tables) {
  constexpr double faster = 0.95, share_of_looking = 0.02;
  const std::int64_t inputs = product.weights.inputs;
  Trial all(product, together, 1);
  const Rows one = all.rows.from(0, 1);
  const std::vector<double> dense = quickest({[&] { run_all(product, tables, one, all.room.data()); },
                                              [&] { run_all(product, tables, all.rows, all.room.data()); },
                                              [&] { tables.fired->count(one.x, inputs, inputs); }});
  Choice choice;
  if (dense[2] > share_of_looking * dense[0]) return choice;
  for (const double share : {1.0, 0.75, 0.5, 0.375, 0.25, 0.125, 0.0625}) {
    Trial some(product, 1, share);
    const double fired = quickest({[&] { run_fired(product, tables, some.rows, some.room.data()); }})[0];
    const auto most = static_cast<std::int64_t>(share * static_cast<double>(inputs));
    if (choice.most_fired < 0 && fired < faster * dense[0]) choice.most_fired = most;
    if (fired > faster * dense[1] / together) continue;
    choice.most_fired_together = most;
    break;
  }
  return choice;
}

/// f() of that key, from the second time on as it was the first.
template <class Key, class F>
auto once(const Key& key, F f) {
  static std::mutex mutex;
  static std::map<Key, decltype(f())> known;
  const std::lock_guard lock(mutex);
  const auto at = known.find(key);
  return at != known.end() ? at->second : known.emplace(key, f()).first->second;
}

/// Both layouts of a layer, beside each other.
struct Both {
  Both(const Dense& dense, const kernels::PrunedSize& size, const ProductTables& tables)
      : columns(tables.panels->columns(dense.outputs)),
        all(static_cast<std::size_t>(dense.inputs * columns)),
        kept(static_cast<std::size_t>(size.weights)),
        index(static_cast<std::size_t>(size.indices)),
        bias(static_cast<std::size_t>(columns)) {
    const float* weight = dense.weight.data();
    tables.panels->pack(dense.inputs, dense.outputs, weight, all.data());
    kernels::pack_pruned(dense.inputs, dense.outputs, weight, tables.pruned->width, kept.data(), index.data());
    panels.weights = pruned.weights = {dense.inputs, dense.outputs, all.data(), bias.data()};
    pruned.layout = Product::Layout::pruned;
    pruned.pruned = {dense.inputs, dense.outputs, kept.data(), index.data(), bias.data()};
  }

  std::int64_t columns;
  Block all, kept;
  std::vector<std::uint32_t> index;
  std::vector<float> bias;
  Product panels, pruned;
};

bool is_faster_pruned(const Both& both, bool inputs_may_be_zero, const ProductTables& tables) {
  constexpr double faster = 0.95;
  Trial rows(both.panels, together, 1), half(both.panels, 1, 0.5);
  const Rows one = rows.rows.from(0, 1);
  float* room = rows.room.data();
  const std::vector<double> seconds = quickest(
      {[&] { run_all(both.panels, tables, one, room); }, [&] { run_all(both.pruned, tables, one, room); },
       [&] { run_all(both.panels, tables, rows.rows, room); }, [&] { run_all(both.pruned, tables, rows.rows, room); },
       [&] { run_fired(both.panels, tables, half.rows, room); }});
  const double otherwise = inputs_may_be_zero ? std::min(seconds[0], seconds[4]) : seconds[0];
  return seconds[1] < faster * otherwise && seconds[3] < seconds[2];
}

}  // namespace

bool pruning_pays(const Dense& dense, bool inputs_may_be_zero, const ProductTables& tables) {
  constexpr double worth_a_look = 0.2;
  // Of a pruned layer the first output's weights show it.
  const auto some = std::span(dense.weight).first(static_cast<std::size_t>(dense.inputs));
  if (static_cast<double>(std::ranges::count(some, 0.0f)) < worth_a_look * static_cast<double>(dense.inputs))
    return false;
  const kernels::PrunedSize size =
      kernels::pruned_size(dense.inputs, dense.outputs, dense.weight.data(), tables.pruned->width);
  return once(std::tuple(tables.pruned, dense.inputs, dense.outputs, size.weights, inputs_may_be_zero),
              [&] { return is_faster_pruned(Both(dense, size, tables), inputs_may_be_zero, tables); });
}

void measure_zeros(Product& product, const ProductTables& tables) {
  constexpr std::int64_t fewest_weights = 1 << 14;
  if (product.weights.inputs * product.weights.outputs < fewest_weights) return;
  const auto key = std::tuple(tables.fired, product.layout, product.weights.inputs, product.weights.outputs);
  const Choice choice = once(key, [&] { return measured(product, tables); });
  product.most_fired = choice.most_fired;
  product.most_fired_together = choice.most_fired_together;
}

bool wide_rows_pay(std::int64_t inputs, const ProductTables& tables) {
  return once(std::pair(tables.fired, inputs), [&] {
    constexpr std::int64_t outputs = kernels::WideRowTable::group_width;
    const auto weights = static_cast<std::size_t>(inputs * outputs);
    const Block memory(weights);
    std::fill_n(memory.data(), weights, 1.0f);
    const std::vector<float> bias(static_cast<std::size_t>(outputs));
    const Product panels{.weights = {inputs, outputs, memory.data(), bias.data()}};
    Product wide = panels;
    wide.layout = Product::Layout::wide_rows;
    Trial trial(panels, 1, 0.5);
    const std::vector<double> seconds = quickest({[&] { run_all(panels, tables, trial.rows, trial.room.data()); },
                                                  [&] { run_fired(panels, tables, trial.rows, trial.room.data()); },
                                                  [&] { run_fired(wide, tables, trial.rows, trial.room.data()); }});
    return seconds[2] < std::min(seconds[0], seconds[1]);
  });
}

}  // namespace relume::infer
