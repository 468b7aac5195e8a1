#include "errors.h"

namespace burnish::python {

void set_error(const Error& error, std::string_view stage) {
  nb::list contexts;
  for (const std::string& context : error.contexts()) contexts.append(nb::str(context.c_str(), context.size()));
  const std::string_view code = name_of(error.code());
  const nb::object made = nb::module_::import_("burnish._errors")
                              .attr("make")(nb::str(code.data(), code.size()), nb::str(error.message().c_str(), error.message().size()),
                                            nb::tuple(contexts), nb::str(stage.data(), stage.size()));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
}

std::string class_name(nb::handle object) { return nb::cast<std::string>(nb::str(nb::inst_name(object))); }

void add_errors(nb::module_&) {
  nb::register_exception_translator(
      [](const std::exception_ptr& pending, void*) {
        try {
          std::rethrow_exception(pending);
        } catch (const Error& error) { set_error(error); }
      },
      nullptr);
}

}  // namespace burnish::python
