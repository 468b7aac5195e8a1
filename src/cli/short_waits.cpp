#include "cli/short_waits.h"

#include <unistd.h>

#include <cstdlib>

namespace burnish::cli {

void wait_shortly(char** words) {
  // About 50 microseconds: longer than neighbouring kernels are apart, shorter than a time slice.
  constexpr const char* spins = "1000";
  if (std::getenv("OMP_WAIT_POLICY") != nullptr or std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  if (setenv("GOMP_SPINCOUNT", spins, 0) == 0) execv("/proc/self/exe", words);
}

}  // namespace burnish::cli
