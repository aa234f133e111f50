// Data in memory as relume's readers would have read it from a file.
#include <variant>

#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "python/core/array.h"
#include "python/core/core.h"
#include "relume/data/open.h"

namespace relume::python {
namespace {

std::vector<double> numbers_of(const Tensor& values) { return values.to_vector<double>(); }

/// A column from the parts behind its name: (numbers) or (codes, texts).
data::Column make_column(std::string name, const nb::tuple& parts, std::size_t first) {
  data::Column column;
  column.name = std::move(name);
  if (parts.size() == first + 1) {
    column.numbers = numbers_of(tensor_from(parts[first]));
    return column;
  }
  column.kind = data::ColumnKind::text;
  for (const double code : numbers_of(tensor_from(parts[first])))
    column.codes.push_back(static_cast<std::int32_t>(code));
  column.values = nb::cast<std::vector<std::string>>(parts[first + 1]);
  return column;
}

/// A table from (name, numbers) and (name, codes, texts).
data::Table make_table(const nb::list& columns, const std::string& source) {
  data::Table table;
  table.source = source;
  for (const nb::handle item : columns) {
    const auto parts = nb::borrow<nb::tuple>(item);
    table.columns.push_back(make_column(nb::cast<std::string>(parts[0]), parts, 1));
  }
  return table;
}

/// Images and the like, or a table of bytes, with targets as (numbers) or (codes, texts).
data::Source make_source(nb::handle x, nb::handle y, bool are_labels, const std::string& source) {
  data::RawArrays raw;
  raw.x = tensor_from(x);
  if (!y.is_none()) raw.y = make_column("y", nb::borrow<nb::tuple>(y), 0);
  raw.are_labels = are_labels;
  raw.source = source;
  return data::to_source(std::move(raw));
}

}  // namespace

void bind_data(nb::module_& module) {
  nb::class_<data::Table>(module, "_Table").def_prop_ro("rows", &data::Table::rows);
  const nb::class_<data::Arrays> arrays(module, "_Arrays");
  module.def("_table", &make_table, "columns"_a, "source"_a);
  module.def("_source", &make_source, "x"_a, "y"_a.none(), "are_labels"_a, "source"_a);
}

}  // namespace relume::python
