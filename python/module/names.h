// What the files of the Python module share: nanobind under its short name, and the functions that add their part to the module.
// The module knows libburnish; nothing in src/ knows the module.
#pragma once

#include <nanobind/nanobind.h>

namespace burnish::python {

namespace nb = nanobind;

void add_errors(nb::module_& module);
void add_model(nb::module_& module);
void add_engine(nb::module_& module);
void add_session(nb::module_& module);
void add_build(nb::module_& module);
void add_quantize(nb::module_& module);

}  // namespace burnish::python
