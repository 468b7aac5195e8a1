// The default stopwatch of a backend: the host's steady clock.
#include "tactics/backend.h"

#include <chrono>

namespace burnish::tactics {

double Backend::elapsed(const std::function<void()>& work) const {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace burnish::tactics
