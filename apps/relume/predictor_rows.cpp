#include "apps/relume/predictor_rows.h"

#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/infer/call_times.h"
#include "relume/io/trial.h"

namespace relume::app {

std::vector<float> rows_for(const io::Model& model, const Predictor& predictor, const std::string& data,
                            std::string_view command) {
  if (data.empty()) return infer::chance_rows(predictor, 64);
  if (model.preprocessor && data::is_delimited_text(data))
    return predictor.rows_of(data::read_table(data, model.preprocessor->schema()));
  data::Source source = data::open_data(data, {.targets = false});
  if (auto* table = std::get_if<data::Table>(&source); table && model.preprocessor)
    return predictor.rows_of(std::move(*table));
  require<InputError>(!model.preprocessor, "{}: {} is no table, and the model is of one", command, data);
  const Tensor x = io::features_of(model, std::move(source)).to(float32).contiguous();
  return {x.span<float>().begin(), x.span<float>().end()};
}

}  // namespace relume::app
