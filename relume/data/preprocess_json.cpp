#include "relume/data/preprocess_json.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "relume/base/require.h"

namespace relume::data {
namespace {

ColumnKind kind_from(const nlohmann::json& json) {
  // json == "text" would make JSON of the text first, where nothing may be thrown.
  const auto* kind = json.get_ptr<const std::string*>();
  return kind && *kind == "text" ? ColumnKind::text : ColumnKind::number;
}

nlohmann::json plan_to_json(const ColumnPlan& plan) {
  if (plan.kind == ColumnKind::text) {
    nlohmann::json json = {{"name", plan.name}, {"kind", "text"}, {"categories", plan.categories}};
    if (!plan.shares.empty()) json["shares"] = plan.shares;
    return json;
  }
  nlohmann::json json = {{"name", plan.name},           {"kind", "number"},
                         {"median", plan.median},       {"mean", plan.mean},
                         {"deviation", plan.deviation}, {"flags_missing", plan.flags_missing}};
  if (plan.logarithmic) json["logarithm"] = {{"center", plan.center}, {"unit", plan.unit}};
  return json;
}

ColumnPlan plan_from_json(const nlohmann::json& json) {
  ColumnPlan plan{.name = json.at("name").get<std::string>(), .kind = kind_from(json.at("kind"))};
  if (plan.kind == ColumnKind::text) {
    plan.categories = json.at("categories").get<std::vector<std::string>>();
    plan.shares = json.value("shares", std::vector<float>());
    require<InputError>(plan.shares.empty() || plan.shares.size() == plan.categories.size(),
                        "preprocess: the model's column '{}' has {} categories and {} shares; it is damaged", plan.name,
                        plan.categories.size(), plan.shares.size());
    return plan;
  }
  plan.median = json.at("median").get<double>();
  plan.mean = json.at("mean").get<double>();
  plan.deviation = json.at("deviation").get<double>();
  plan.flags_missing = json.at("flags_missing").get<bool>();
  if (const auto logarithm = json.find("logarithm"); logarithm != json.end()) {
    plan.logarithmic = true;
    plan.center = logarithm->at("center").get<double>();
    plan.unit = logarithm->at("unit").get<double>();
  }
  require<InputError>(plan.deviation > 0 && plan.unit != 0,
                      "preprocess: the model's column '{}' has a scale of zero; it is damaged", plan.name);
  return plan;
}

nlohmann::json spec_to_json(const ColumnSpec& spec) {
  nlohmann::json json = {{"name", spec.name}, {"kind", name(spec.kind)}};
  if (!spec.unit.empty()) json["unit"] = spec.unit;
  if (!spec.missing.empty()) json["missing"] = spec.missing;
  return json;
}

ColumnSpec spec_from_json(const nlohmann::json& json) {
  ColumnSpec spec{.name = json.at("name").get<std::string>(),
                  .kind = kind_from(json.at("kind")),
                  .use = ColumnUse::unused,
                  .required = false};
  spec.unit = json.value("unit", std::string());
  spec.missing = json.value("missing", std::vector<std::string>());
  return spec;
}

/// Models of older versions do not say whether their table had a header.
bool names_are_made_up(const TableSchema& schema) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i)
    if (schema.columns[i].name != fmt::format("column{}", i + 1)) return false;
  return true;
}

}  // namespace

/// The friend that reaches what the classes keep to themselves.
struct StoredForm {
  static nlohmann::json of(const Target& t);
  static nlohmann::json of(const Preprocessor& p);
  static Target target(const nlohmann::json& json);
  static Preprocessor preprocessor(const nlohmann::json& json);
};

nlohmann::json StoredForm::of(const Target& t) {
  nlohmann::json json = {{"column", t.column_}, {"kind", name(t.kind_)}, {"task", name(t.task_)}};
  if (t.task_ == Task::classification) {
    json["labels"] = t.labels_;
    if (!t.numbers_.empty()) json["numbers"] = t.numbers_;
  } else {
    json["mean"] = t.mean_;
    json["scale"] = t.scale_;
  }
  return json;
}

Target StoredForm::target(const nlohmann::json& json) try {
  Target target;
  target.column_ = json.at("column").get<std::string>();
  target.kind_ = kind_from(json.at("kind"));
  target.task_ = task_from_name(json.at("task").get<std::string>());
  if (target.task_ == Task::classification) {
    target.labels_ = json.at("labels").get<std::vector<std::string>>();
    if (const auto numbers = json.find("numbers"); numbers != json.end())
      target.numbers_ = numbers->get<std::vector<double>>();
    require<InputError>(target.classes() > 1, "target: the model's JSON has {} labels; it is damaged",
                        target.classes());
  } else {
    target.mean_ = json.at("mean").get<double>();
    target.scale_ = json.at("scale").get<double>();
  }
  return target;
} catch (const nlohmann::json::exception& error) {
  fail<InputError>("target: the model's JSON is damaged: {}", error.what());
}

nlohmann::json StoredForm::of(const Preprocessor& p) {
  nlohmann::json used = nlohmann::json::array(), left_out = nlohmann::json::array(), columns = nlohmann::json::array();
  for (const ColumnPlan& plan : p.used_) used.push_back(plan_to_json(plan));
  for (const LeftOut& left : p.left_out_) left_out.push_back({{"name", left.name}, {"reason", left.reason}});
  for (const ColumnSpec& column : p.schema_.columns) columns.push_back(spec_to_json(column));
  return {{"target", of(p.target_)},        {"used", used},
          {"left_out", left_out},           {"columns", columns},
          {"header", p.schema_.has_header}, {"decimal", name(p.schema_.decimal)},
          {"missing", p.schema_.missing}};
}

Preprocessor StoredForm::preprocessor(const nlohmann::json& json) try {
  Preprocessor result;
  result.target_ = target(json.at("target"));
  for (const auto& plan : json.at("used")) result.used_.push_back(plan_from_json(plan));
  for (const auto& left : json.at("left_out"))
    result.left_out_.push_back({left.at("name").get<std::string>(), left.at("reason").get<std::string>()});
  std::unordered_set<std::string_view> used;
  for (const ColumnPlan& plan : result.used_) used.insert(plan.name);
  for (const auto& column : json.at("columns")) {
    ColumnSpec spec = spec_from_json(column);
    if (used.contains(spec.name)) {
      spec.use = ColumnUse::feature;
      spec.required = true;
    }
    if (spec.name == result.target_.column()) spec.use = ColumnUse::target;
    result.schema_.columns.push_back(std::move(spec));
  }
  result.schema_.decimal = json.value("decimal", "point") == "comma" ? Decimal::comma : Decimal::point;
  result.schema_.missing = json.value("missing", std::vector<std::string>());
  const auto header = json.find("header");
  result.schema_.has_header = header == json.end() ? !names_are_made_up(result.schema_) : header->get<bool>();
  return result;
} catch (const nlohmann::json::exception& error) {
  fail<InputError>("preprocess: the model's JSON is damaged: {}", error.what());
}

nlohmann::json to_json(const Target& target) { return StoredForm::of(target); }
nlohmann::json to_json(const Preprocessor& preprocessor) { return StoredForm::of(preprocessor); }
Target target_from_json(const nlohmann::json& json) { return StoredForm::target(json); }
Preprocessor preprocessor_from_json(const nlohmann::json& json) { return StoredForm::preprocessor(json); }

}  // namespace relume::data
