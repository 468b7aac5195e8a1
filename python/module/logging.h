// Burnish's logger as Python's: every message goes to burnish._logging, which knows the logger "burnish". Called by building and opening.
#pragma once

#include "burnish/logger.h"

namespace burnish::python {

/// Passes on messages up to this severity (0: errors only ... 3: all); silence below 0. May be called from any thread, without the
/// interpreter's lock.
Logger python_logger(int level);

}  // namespace burnish::python
