// Helpers around Error: formatted throwing, contexts added on the way out, and checks of invariants that stay on in release builds.
// Every room uses them. A check reports a defect of Burnish; `fail` reports a fault of the input.
#pragma once

#include <fmt/format.h>

#include "burnish/status.h"

namespace burnish {

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void fail_unsupported(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...), StatusCode::unsupported);
}

[[noreturn]] void fail_check(const char* condition, const char* file, int line, std::string detail);

/// Runs `work`; an Error that leaves it gets the context that `describe()` returns.
template <class Work, class Describe>
decltype(auto) in_context(Describe&& describe, Work&& work) {
  try {
    return work();
  } catch (Error& error) {
    error.in(describe());
    throw;
  }
}

}  // namespace burnish

/// An invariant of Burnish itself. Throws Error with StatusCode::internal; never compiled out.
#define BURNISH_CHECK(condition, ...)                                                                       \
  do {                                                                                                      \
    if (!(condition)) ::burnish::fail_check(#condition, __FILE__, __LINE__, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
