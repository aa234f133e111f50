#include <chrono>
#include <numeric>

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>
#include <nlohmann/json.hpp>

#include "python/core/array.h"
#include "python/core/core.h"
#include "relume/base/atomic_file.h"
#include "relume/data/text_columns.h"
#include "relume/train/epoch_columns.h"
#include "relume/train/job.h"
#include "relume/train/option_table.h"
#include "relume/train/run_report.h"
#include "relume/train/trainer.h"

namespace relume::python {
namespace {

nb::dict to_dict(const training::Metrics& m, data::Task task) {
  nb::dict d;
  for (const auto& [name, value] : training::values(m, task)) d[nb::str(name.data(), name.size())] = value;
  return d;
}

nb::dict to_dict(const training::EpochRow& row, data::Task task) {
  nb::dict d;
  d["epoch"] = row.epoch;
  for (const auto& [name, value] : training::measurements(row, task)) d[name.c_str()] = value;
  d["findings"] = row.findings;
  return d;
}

/// What Python hears of a run while it goes on without Python's lock.
class Listener {
 public:
  explicit Listener(nb::object on_epoch) : on_epoch_(std::move(on_epoch)) {}

  training::Callbacks callbacks() {
    return {.on_begin = [this](const training::Beginning& run) { task_ = run.job.model.task; },
            .on_step = [this](const training::Progress&) { look_for_signals(); },
            .on_epoch = [this](const training::EpochRow& row) { tell(row); },
            .stop = &stop_};
  }

  /// Raises in Python what a callback has raised. Whether a signal (Ctrl-C) ended the run.
  bool finish() {
    if (!error_) return false;
    if (error_->matches(PyExc_KeyboardInterrupt)) return true;
    nb::python_error error = std::move(*error_);
    error_.reset();
    throw error;
  }

 private:
  void look_for_signals() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < std::chrono::milliseconds(50)) return;
    looked_ = now;
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() < 0) keep_error();
  }

  void tell(const training::EpochRow& row) {
    if (on_epoch_.is_none() || stop_) return;
    const nb::gil_scoped_acquire acquire;
    try {
      if (on_epoch_(to_dict(row, task_)).is(nb::handle(Py_False))) stop_ = true;
    } catch (nb::python_error& error) {
      error_ = std::make_unique<nb::python_error>(std::move(error));
      stop_ = true;
    }
  }

  void keep_error() {
    error_ = std::make_unique<nb::python_error>();
    stop_ = true;
  }

  nb::object on_epoch_;
  data::Task task_ = data::Task::classification;
  std::atomic<bool> stop_ = false;
  std::unique_ptr<nb::python_error> error_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

struct Trained : training::Run {
  bool interrupted = false;
};

std::unique_ptr<Trained> run(const data::Source& source, const std::string& name, const TrainOptions& options,
                             const training::Keep& keep, nb::object on_epoch) {
  Listener listener(std::move(on_epoch));
  std::unique_ptr<Trained> trained;
  {
    const nb::gil_scoped_release release;
    trained.reset(new Trained{
        training::run(training::make_job(source, options, name), options, keep, listener.callbacks()), false});
  }
  trained->interrupted = listener.finish();
  return trained;
}

std::vector<std::string> texts_of(nb::handle value) {
  if (nb::isinstance<nb::str>(value)) return {nb::cast<std::string>(value)};
  return nb::cast<std::vector<std::string>>(value);
}

/// A text, or what os.fspath() makes one of.
std::string path_of(nb::handle value) {
  return nb::cast<std::string>(nb::module_::import_("os").attr("fspath")(value));
}

/// Puts a value of Python's where the option stands.
struct Setter {
  TrainOptions& options;
  nb::handle value;

  template <class T>
  void operator()(T TrainOptions::*member) const {
    options.*member = nb::cast<T>(value);
  }
  void operator()(std::vector<std::string> TrainOptions::*member) const { options.*member = texts_of(value); }
  void operator()(std::vector<std::string>& (*member)(TrainOptions&)) const { member(options) = texts_of(value); }
  void operator()(Part TrainOptions::*member) const {
    const bool file = nb::isinstance<nb::str>(value) || nb::hasattr(value, "__fspath__");
    options.*member = file ? Part(path_of(value)) : Part(nb::cast<double>(value));
  }
  void operator()(health::Thresholds TrainOptions::*member) const {
    options.*member = thresholds_from(nb::cast<nb::dict>(value));
  }
  void operator()(const training::Named& member) const { member.set(options, nb::cast<std::string>(value)); }
};

const training::TrainOption& option_named(const std::string& name) {
  try {
    return training::find_train_option(name);
  } catch (const ValueError& error) {
    throw nb::type_error(error.what());
  }
}

/// None stands for what an option is by default.
TrainOptions options_from(const nb::dict& named) {
  TrainOptions options;
  for (const auto& [name, value] : named) {
    const training::TrainOption& option = option_named(nb::cast<std::string>(name));
    if (!value.is_none()) std::visit(Setter{options, value}, option.member);
  }
  return options;
}

/// Steps, a text, or a timedelta.
Interval interval_from(nb::handle value) {
  if (value.is_none()) return {};
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  if (nb::isinstance<nb::int_>(value)) return nb::cast<std::int64_t>(value);
  return std::chrono::duration<double>(nb::cast<double>(value.attr("total_seconds")()));
}

std::unique_ptr<Trained> train_on(nb::handle source, const nb::dict& named, const std::string& command,
                                  const std::string& out, const std::string& resume, nb::handle checkpoint_every,
                                  nb::object on_epoch) {
  const training::Keep keep{
      .out = out, .resume = resume, .checkpoint_every = interval_from(checkpoint_every), .command = command};
  const TrainOptions options = options_from(named);
  std::string name = "the data";
  const auto train_with = [&](const data::Source& opened) {
    return run(opened, name, options, keep, std::move(on_epoch));
  };
  if (nb::isinstance<data::Table>(source)) {
    auto table = nb::cast<data::Table>(source);
    data::read_numbers(table, options.csv);
    return train_with(table);
  }
  if (nb::isinstance<data::Arrays>(source)) return train_with(nb::cast<data::Arrays>(source));
  name = text_of(source);
  return train_with(training::open_data(name, options));
}

/// The predictions for a table, for arrays, or for what a text names, which is read as the options say.
Predictions predictions_for(const io::Model& model, nb::handle source, const nb::dict& named) {
  if (nb::isinstance<nb::str>(source)) {
    const auto data = nb::cast<std::string>(source);
    const PredictOptions options{.csv = options_from(named).csv};
    const nb::gil_scoped_release release;
    return model.predict(data, options);
  }
  const data::Source rows = nb::isinstance<data::Table>(source) ? data::Source(nb::cast<data::Table>(source))
                                                                : nb::cast<data::Arrays>(source);
  const nb::gil_scoped_release release;
  return std::visit([&model](const auto& some) { return model.predict(some); }, rows);
}

/// Probabilities float32 [rows, classes], or values float64 [rows] in the target's own units; and the notes on how the
/// rows were read.
nb::tuple predict(const io::Model& model, nb::handle source, const nb::dict& named) {
  const Predictions predictions = predictions_for(model, source, named);
  const bool values = model.task == data::Task::regression;
  const Tensor answer = values ? from_vector(predictions.values()) : predictions.probabilities();
  return nb::make_tuple(array_onto(answer), predictions.notes);
}

void bind_model(nb::module_& module) {
  nb::class_<io::Model>(module, "_Model")
      .def_static(
          "load", [](const std::filesystem::path& path) { return io::Model::load(path); }, "path"_a)
      .def("save", &io::Model::save, "path"_a)
      .def("predict", &predict, "source"_a, "options"_a = nb::dict())
      .def_prop_ro("network", [](const io::Model& m) { return m.network; })
      .def_prop_ro("task", [](const io::Model& m) { return std::string(data::name(m.task)); })
      .def_ro("labels", &io::Model::labels)
      .def_prop_ro(
          "target",
          [](const io::Model& m) { return m.preprocessor ? m.preprocessor->target().column() : std::string(); })
      .def_prop_rw(
          "label_type",
          [](const io::Model& m) { return nlohmann::json::parse(m.training).value("label_type", std::string()); },
          [](io::Model& m, const std::string& dtype) {
            nlohmann::json training = nlohmann::json::parse(m.training);
            training["label_type"] = dtype;
            m.training = training.dump();
          },
          "NumPy's name for the type that the classes had; empty where they were none of an array's.")
      .def_ro("features", &io::Model::features)
      .def_prop_ro("layers", [](const io::Model& m) { return nn::to_string(m.layers); })
      .def_prop_ro("is_table", [](const io::Model& m) { return m.preprocessor.has_value(); })
      .def_prop_ro("columns",
                   [](const io::Model& m) {
                     std::vector<std::string> names;
                     if (m.preprocessor)
                       for (const auto& plan : m.preprocessor->used()) names.push_back(plan.name);
                     return names;
                   })
      .def_prop_ro("left_out", [](const io::Model& m) {
        nb::dict reasons;
        if (m.preprocessor)
          for (const auto& column : m.preprocessor->left_out()) reasons[column.name.c_str()] = column.reason;
        return reasons;
      });
}

}  // namespace

void bind_training(nb::module_& module) {
  bind_model(module);
  nb::class_<Trained>(module, "_Trained")
      .def_prop_ro(
          "model", [](Trained& t) -> io::Model& { return t.model; }, nb::rv_policy::reference_internal)
      .def_prop_ro("epochs",
                   [](const Trained& t) {
                     nb::list rows;
                     for (const training::EpochRow& row : t.history.rows) rows.append(to_dict(row, t.model.task));
                     return rows;
                   })
      .def_prop_ro("metrics",
                   [](const Trained& t) {
                     nb::dict d;
                     d["train"] = to_dict(t.train, t.model.task);
                     d["valid"] = t.valid ? nb::object(to_dict(*t.valid, t.model.task)) : nb::none();
                     d["test"] = t.test ? nb::object(to_dict(*t.test, t.model.task)) : nb::none();
                     return d;
                   })
      .def_prop_ro("best_epoch", [](const Trained& t) { return t.history.best_epoch; })
      .def_prop_ro("ending", [](const Trained& t) { return std::string(training::to_text(t.history.ending)); })
      .def_prop_ro("seconds", [](const Trained& t) { return t.history.seconds; })
      .def_prop_ro("findings", [](const Trained& t) { return t.history.findings; })
      .def_prop_ro("cures", [](const Trained& t) { return t.history.cures; })
      .def_prop_ro("folder", [](const Trained& t) { return t.folder.string(); })
      .def_ro("interrupted", &Trained::interrupted)
      .def_ro("notes", &Trained::notes)
      .def(
          "report",
          [](const Trained& t, const std::optional<std::filesystem::path>& path) {
            std::string page = t.report();
            if (path) write_file(*path, page);
            return page;
          },
          "path"_a.none() = nb::none(), "The report as a page, also written to a file where one is named.");
  module.def("_train", &train_on, "source"_a, nb::kw_only(), "options"_a, "command"_a, "out"_a, "resume"_a,
             "checkpoint_every"_a.none(), "on_epoch"_a.none());
}

}  // namespace relume::python
