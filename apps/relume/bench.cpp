#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "apps/relume/command.h"
#include "apps/relume/predictor_rows.h"
#include "apps/relume/print.h"
#include "apps/relume/read_model.h"
#include "relume/base/require.h"
#include "relume/infer/call_times.h"
#include "relume/train/option_table.h"

namespace relume::app {
namespace {

constexpr std::size_t batches[] = {1, 64};

struct BenchArguments {
  std::string model, data;
  double seconds = 1;
  bool json = false;
};

void run(const BenchArguments& a) {
  const io::Model model = read_model(a.model);
  const Predictor predictor(model);
  const auto inputs = static_cast<std::size_t>(predictor.inputs());
  const std::vector<float> given = rows_for(model, predictor, a.data, "bench");
  require<InputError>(!given.empty(), "bench: {} has no rows", a.data);
  const infer::PredictorBytes bytes = predictor.bytes();
  nlohmann::ordered_json measured = nlohmann::ordered_json::array();
  if (!a.json) print("float, one thread; {} bytes as laid out, {} of the stack in a call\n", bytes.plan, bytes.call);
  for (const std::size_t batch : batches) {
    std::vector<float> rows(batch * inputs);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = given[i % given.size()];
    const infer::CallTimes times = infer::call_times(predictor, rows, a.seconds);
    measured.push_back({{"rows", batch},
                        {"p50_ns", times.p50},
                        {"p999_ns", times.p999},
                        {"rows_per_second", times.rows_per_second},
                        {"calls", times.calls}});
    if (!a.json)
      print("{:>3} {}  p50 {:>9.0f} ns  p99.9 {:>9.0f} ns  {:>11.0f} rows/s\n", batch, batch == 1 ? "row " : "rows",
            times.p50, times.p999, times.rows_per_second);
  }
  if (!a.json) return;
  const nlohmann::ordered_json all = {
      {"model", a.model}, {"float", {{"plan_bytes", bytes.plan}, {"call_bytes", bytes.call}, {"batches", measured}}}};
  print("{}\n", all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

void define_bench(Command& command) {
  auto a = std::make_shared<BenchArguments>();
  command.option("MODEL", a->model, "model.safetensors of a run, or an .onnx").required();
  command.option("DATA", a->data, "rows to predict, as for predict; rows of chance without it").or_stdin();
  command.option("--seconds", a->seconds, "how long each measurement takes")
      .number(training::above_zero)
      .with_default();
  command.flag("--json", a->json, "print the result as one JSON object");
  command.run([a] { run(*a); });
}

}  // namespace relume::app
