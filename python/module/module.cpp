// burnish._core: the compiled half of the package. Types and rules are checked here; defaults, tables and caches are Python's.
#include "burnish/version.h"
#include "names.h"

NB_MODULE(_core, module) {
  using namespace burnish::python;
  module.doc() = "The compiled half of burnish. Use the package `burnish`.";
  module.attr("version") = nb::str(burnish::version_text().data(), burnish::version_text().size());
  add_errors(module);
  add_model(module);
  add_session(module);
  add_engine(module);
  add_build(module);
  add_quantize(module);
}
