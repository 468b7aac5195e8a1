// Burnish's errors as Python exceptions: class by status code, message and contexts as attributes. The classes are Python's (burnish._errors).
// Called wherever the module catches an Error itself; all others pass through the translator that `add_errors` registers.
#pragma once

#include <string>
#include <string_view>

#include "burnish/status.h"
#include "names.h"

namespace burnish::python {

/// Sets Python's current exception. `stage` is the stage of the build that failed; empty outside builds.
void set_error(const Error& error, std::string_view stage = {});

/// "Mapping[str, array]" and the like: the name of an object's type, for messages.
std::string class_name(nb::handle object);

}  // namespace burnish::python
