#include "python/core/core.h"
#include "relume/base/error.h"

namespace relume::python {

void bind_errors(nb::module_& module) {
  // What Python has an exception for is that exception too: `except ValueError` finds a relume.ValueError.
  const nb::exception<Error> error(module, "Error", PyExc_RuntimeError);
  const auto derive = [&](const char* name, PyObject* builtin) {
    const nb::object bases = nb::make_tuple(error, nb::handle(builtin));
    const std::string qualified = std::string("relume.") + name;
    const nb::object type = nb::steal(PyErr_NewException(qualified.c_str(), bases.ptr(), nullptr));
    module.attr(name) = type;
    return type.ptr();
  };
  static PyObject* const value = derive("ValueError", PyExc_ValueError);
  static PyObject* const shape = derive("ShapeError", PyExc_ValueError);
  static PyObject* const dtype = derive("DTypeError", PyExc_TypeError);
  static PyObject* const index = derive("IndexError", PyExc_IndexError);
  static PyObject* const input = derive("InputError", PyExc_ValueError);
  static PyObject* const file = derive("FileError", PyExc_OSError);
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const FileError& e) {
      PyErr_SetString(file, e.what());
    } catch (const InputError& e) {
      PyErr_SetString(input, e.what());
    } catch (const IndexError& e) {
      PyErr_SetString(index, e.what());
    } catch (const DTypeError& e) {
      PyErr_SetString(dtype, e.what());
    } catch (const ShapeError& e) {
      PyErr_SetString(shape, e.what());
    } catch (const ValueError& e) {
      PyErr_SetString(value, e.what());
    } catch (const nb::cast_error&) {
      PyErr_SetString(dtype, "an argument is of a type that the function does not take");
    }
  });
}

}  // namespace relume::python
