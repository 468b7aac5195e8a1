// The application's ear: everything Burnish has to say goes through one callback.
// The library never writes to standard output or error itself. A Logger may be called from several threads at once.
#pragma once

#include <functional>
#include <string_view>

namespace burnish {

enum class Severity { error, warning, info, verbose };

/// An empty function means silence.
using Logger = std::function<void(Severity, std::string_view message)>;

/// Progress of a long phase: `done` of `total` steps of the named phase. Returning false asks the build to stop (it throws Error).
using Progress = std::function<bool(std::string_view phase, size_t done, size_t total)>;

}  // namespace burnish
