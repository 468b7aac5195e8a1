// A bar on the terminal while a build takes long. It draws on standard error, only where that is a terminal, and leaves no trace.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace burnish::cli {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::string_view phase, size_t done, size_t total);
  /// Takes the bar away, so that a line can be printed.
  void clear();

 private:
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace burnish::cli
