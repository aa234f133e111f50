// Networks where they are used: the predictor, and export.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/array.h"
#include "python/core/core.h"
#include "python/core/rows.h"
#include "relume/base/require.h"
#include "relume/infer/c_header.h"
#include "relume/infer/predictor.h"

namespace relume::python {
namespace {

/// What relume.train() and relume.load() give has it inside.
const io::Model* model_in(nb::handle object) {
  const nb::object inner = nb::getattr(object, "_model", nb::none());
  return nb::isinstance<io::Model>(inner) ? nb::cast<const io::Model*>(inner) : nullptr;
}

bool is_path(nb::handle object) { return nb::isinstance<nb::str>(object) || nb::hasattr(object, "__fspath__"); }

/// Of a model, a network, a file's name, or a file's bytes.
Predictor make_predictor(nb::handle of, bool raw, std::int64_t features) {
  const PredictorOptions options{.raw = raw};
  if (const io::Model* model = model_in(of)) return Predictor(*model, options);
  if (nb::isinstance<nn::Module>(of)) return Predictor(nb::cast<const nn::Module&>(of), features);
  if (nb::isinstance<nb::bytes>(of)) {
    const auto file = nb::cast<nb::bytes>(of);
    return Predictor::load({static_cast<const std::byte*>(file.data()), file.size()}, options);
  }
  if (is_path(of)) return Predictor::load(nb::cast<std::filesystem::path>(of), options);
  throw nb::type_error("Predictor: give a relume.Model, a module of relume.nn, a file's name, or its bytes");
}

nb::dict to_dict(const infer::PredictorBytes& bytes) {
  nb::dict d;
  d["plan"] = bytes.plan;
  d["call"] = bytes.call;
  return d;
}

nb::dict bytes_of(nb::handle of, std::int64_t features) {
  if (const io::Model* model = model_in(of)) return to_dict(Predictor::bytes(*model));
  if (nb::isinstance<nn::Module>(of)) return to_dict(Predictor::bytes(nb::cast<const nn::Module&>(of), features));
  throw nb::type_error("Predictor.bytes_of: give a relume.Model or a module of relume.nn");
}

/// Rows [n, inputs] to [n, outputs]; one row [inputs] to [outputs].
nb::object predict_rows(const Predictor& predictor, nb::handle x, int threads) {
  const Tensor in = to_read(x).to(float32).contiguous();
  Shape shape = in.shape();
  require<ShapeError>((shape.dimensions() == 1 || shape.dimensions() == 2) && in.size(-1) == predictor.inputs(),
                      "predict: the rows are {}, a row has {} values", shape, predictor.inputs());
  shape[shape.dimensions() - 1] = predictor.outputs();
  Tensor out = empty(shape, float32);
  {
    const ReleaseFor release(in.numel());
    predictor.predict(in.span<float>(), {out.data<float>(), static_cast<std::size_t>(out.numel())}, threads);
  }
  return array_onto(out);
}

io::Field field_from(nb::handle value) {
  if (value.is_none()) return {};
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  const auto number = nb::cast<double>(value);
  return number != number ? io::Field() : io::Field(number);
}

/// A regression's value, or the probability of each class.
nb::object predict_named(const Predictor& predictor, const nb::dict& named) {
  io::Row row;
  for (const auto& [name, value] : named) row.emplace_back(nb::cast<std::string>(name), field_from(value));
  const Prediction prediction = predictor.predict(row);
  if (predictor.labels().empty()) return nb::float_(prediction.value());
  nb::dict probabilities;
  for (std::size_t i = 0; i < predictor.labels().size(); ++i)
    probabilities[predictor.labels()[i].c_str()] = prediction.probabilities()[i];
  return probabilities;
}

nb::list columns_of(const Predictor& predictor) {
  nb::list columns;
  for (const auto& column : predictor.columns()) columns.append(nb::make_tuple(column.name, column.categories));
  return columns;
}

nb::dict export_header(const io::Model& model, const std::filesystem::path& path, const std::string& name, bool int8) {
  const infer::CHeader header =
      infer::save_c_header(model, path, name, int8 ? infer::CWeights::int8 : infer::CWeights::float32);
  nb::dict d;
  d["inputs"] = header.inputs;
  d["outputs"] = header.outputs;
  d["flash_bytes"] = header.flash_bytes;
  d["ram_bytes"] = header.ram_bytes;
  d["stack_bytes"] = header.stack_bytes;
  return d;
}

}  // namespace

void bind_infer(nb::module_& module) {
  nb::class_<Predictor>(module, "_Predictor")
      .def(
          "__init__",
          [](Predictor* place, nb::handle of, bool raw, std::int64_t features) {
            new (place) Predictor(make_predictor(of, raw, features));
          },
          "of"_a, "raw"_a, "features"_a)
      .def_static("bytes_of", &bytes_of, "of"_a, "features"_a)
      .def("predict_rows", &predict_rows, "x"_a, "threads"_a)
      .def("predict_named", &predict_named, "row"_a)
      .def(
          "rows_of",
          [](const Predictor& p, const data::Table& table) {
            const Tensor rows = from_vector(p.rows_of(table));
            return array_onto(rows.reshape({table.rows(), p.inputs()}));
          },
          "table"_a)
      .def("bytes", [](const Predictor& p) { return to_dict(p.bytes()); })
      .def_prop_ro("inputs", &Predictor::inputs)
      .def_prop_ro("outputs", &Predictor::outputs)
      .def_prop_ro("labels", &Predictor::labels)
      .def_prop_ro("columns", &columns_of);
  module.def("_export_header", &export_header, "model"_a, "path"_a, "name"_a, "int8"_a);
}

}  // namespace relume::python
