// What the programs say to their user: lines with a severity, in trtexec's form with a timestamp. The one place that prints.
// Information goes to standard output, warnings and errors to standard error. A Logger made from it may be called from any thread.
#pragma once

#include <fmt/format.h>

#include <mutex>
#include <string>
#include <string_view>

#include "burnish/logger.h"

namespace burnish::cli {

class Console {
 public:
  enum class Style { timestamped, plain };
  explicit Console(Style style) : style_(style) {}

  void set_verbose(bool verbose) { verbose_ = verbose; }
  bool verbose() const { return verbose_; }

  void say(Severity severity, std::string_view message);
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    say(Severity::info, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) {
    say(Severity::warning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    say(Severity::error, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void detail(fmt::format_string<Args...> format, Args&&... args) {
    if (verbose_) say(Severity::verbose, fmt::format(format, std::forward<Args>(args)...));
  }

  /// One line without decoration, on standard output.
  void raw(std::string_view line);

  /// The console must outlive it.
  Logger logger();

 private:
  Style style_;
  bool verbose_ = false;
  std::mutex mutex_;
};

}  // namespace burnish::cli
