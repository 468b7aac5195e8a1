#include "logging.h"

#include <string>

#include <nanobind/stl/string.h>

#include "names.h"

namespace burnish::python {

Logger python_logger(int level) {
  if (level < 0) return {};
  return [level](Severity severity, std::string_view message) {
    if (static_cast<int>(severity) > level) return;
    const nb::gil_scoped_acquire lock;
    try {
      nb::module_::import_("burnish._logging").attr("emit")(static_cast<int>(severity), std::string(message));
    } catch (nb::python_error& error) { error.discard_as_unraisable("burnish: passing on a message"); }
  };
}

}  // namespace burnish::python
