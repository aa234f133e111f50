// Data in memory as relume's readers would have read it from a file.
#include <variant>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/array.h"
#include "python/core/core.h"
#include "relume/data/open.h"

namespace relume::python {
namespace {

std::vector<double> numbers_of(const Tensor& values) { return values.to_vector<double>(); }

/// A table from (name, numbers) and (name, codes, texts).
data::Table make_table(const nb::list& columns, const std::string& source) {
  data::Table table;
  table.source = source;
  for (const nb::handle item : columns) {
    const auto parts = nb::borrow<nb::tuple>(item);
    data::Column column;
    column.name = nb::cast<std::string>(parts[0]);
    if (parts.size() == 2) {
      column.numbers = numbers_of(tensor_from(parts[1]));
    } else {
      column.kind = data::ColumnKind::text;
      for (const double code : numbers_of(tensor_from(parts[1])))
        column.codes.push_back(static_cast<std::int32_t>(code));
      column.values = nb::cast<std::vector<std::string>>(parts[2]);
    }
    table.columns.push_back(std::move(column));
  }
  return table;
}

/// Images and the like: features as they are, uint8 or float32.
data::Arrays make_arrays(nb::handle x, nb::handle y, std::vector<std::string> labels, const std::string& source) {
  data::Arrays arrays;
  arrays.x = tensor_from(x).contiguous();
  arrays.y = y.is_none() ? Tensor() : tensor_from(y).contiguous();
  arrays.labels = std::move(labels);
  arrays.source = source;
  return arrays;
}

}  // namespace

void bind_data(nb::module_& module) {
  nb::class_<data::Table>(module, "_Table").def_prop_ro("rows", &data::Table::rows);
  const nb::class_<data::Arrays> arrays(module, "_Arrays");
  module.def("_table", &make_table, "columns"_a, "source"_a);
  module.def("_arrays", &make_arrays, "x"_a, "y"_a.none(), "labels"_a, "source"_a);
}

}  // namespace relume::python
