// A fault of the command line itself: the program says what to type instead and ends with status 2.
// Thrown by the parsers of flags and of their values, caught by the programs' outermost functions; the library never throws it.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace burnish::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failure = 1;
inline constexpr int exit_usage = 2;

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace burnish::cli
