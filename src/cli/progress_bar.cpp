// Drawn at most ten times a second, and not before a build has taken half a second.
#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace burnish::cli {

ProgressBar::ProgressBar()
    : enabled_(isatty(STDERR_FILENO) == 1), next_(std::chrono::steady_clock::now() + std::chrono::milliseconds(500)) {}

void ProgressBar::show(std::string_view phase, size_t done, size_t total) {
  if (not enabled_ or std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  constexpr size_t width = 30;
  const size_t filled = total > 0 ? std::min(width, width * done / total) : 0;
  fmt::print(stderr, "\r\x1b[K{:10} [{:#<{}}{:.<{}}] {}/{}", phase, "", filled, "", width - filled, done, total);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::clear() {
  if (not drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace burnish::cli
