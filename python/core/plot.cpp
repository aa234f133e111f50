#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/plot/functions.h"

namespace relume::python {

void bind_plot(nb::module_& module) {
  using plot::Chart;
  nb::class_<Chart>(
      module, "Chart",
      "Curves as a picture: Chart(\"loss\").line(x, y, \"train\").save(\"loss.svg\"). gnuplot draws it, but not .html.")
      .def(nb::init<std::string>(), "title"_a = "")
      .def(
          "line",
          [](nb::handle chart, std::vector<double> x, std::vector<double> y, std::string name) {
            nb::cast<Chart&>(chart).line(std::move(x), std::move(y), std::move(name));
            return nb::borrow(chart);
          },
          "x"_a, "y"_a, "name"_a = "", "A curve; where y is not finite there is a gap.")
      .def(
          "points",
          [](nb::handle chart, std::vector<double> x, std::vector<double> y, std::string name) {
            nb::cast<Chart&>(chart).points(std::move(x), std::move(y), std::move(name));
            return nb::borrow(chart);
          },
          "x"_a, "y"_a, "name"_a = "", "Points that no line joins.")
      .def(
          "x_label",
          [](nb::handle chart, std::string text) {
            nb::cast<Chart&>(chart).x_label(std::move(text));
            return nb::borrow(chart);
          },
          "text"_a)
      .def(
          "y_label",
          [](nb::handle chart, std::string text) {
            nb::cast<Chart&>(chart).y_label(std::move(text));
            return nb::borrow(chart);
          },
          "text"_a)
      .def("logarithmic_y",
           [](nb::handle chart) {
             nb::cast<Chart&>(chart).logarithmic_y();
             return nb::borrow(chart);
           })
      .def(
          "y_range",
          [](nb::handle chart, double low, double high) {
            nb::cast<Chart&>(chart).y_range(low, high);
            return nb::borrow(chart);
          },
          "low"_a, "high"_a, "What is seen of y.")
      .def(
          "mark_x",
          [](nb::handle chart, double x, std::string name) {
            nb::cast<Chart&>(chart).mark_x(x, std::move(name));
            return nb::borrow(chart);
          },
          "x"_a, "name"_a, "A dashed vertical line with its name.")
      .def("axes_through_zero",
           [](nb::handle chart) {
             nb::cast<Chart&>(chart).axes_through_zero();
             return nb::borrow(chart);
           })
      .def("save", &Chart::save, "path"_a, "Writes a .svg, .png, .pdf or .html.")
      .def("text", &Chart::text, "columns"_a = 79, "rows"_a = 24, "colour"_a = false, "The picture in characters.");
  module.def("_chart_of_functions", &plot::chart_of_functions, "activations"_a, "low"_a, "high"_a, "derivative"_a);
}

}  // namespace relume::python
