// Threads that go through the phases of one piece of work together and wait for one another in between, over the same OpenMP team that
// `parallel_for` and oneDNN use. Called by kernels whose phases depend on each other and are too short to start threads for each.
// Work must not throw, and every member must wait equally often.
#pragma once

#include <omp.h>

namespace burnish {

struct TeamMember {
  int index = 0;
  int size = 1;

  /// Returns when every member has come here.
  void wait() const {
    if (size > 1) {
#pragma omp barrier
    }
  }
};

/// Calls work(TeamMember) on each of at most `threads` threads; there may be fewer, as `size` then says.
template <class Work>
void run_as_team(int threads, const Work& work) {
  if (threads <= 1) return work(TeamMember());
#pragma omp parallel num_threads(threads)
  work(TeamMember{omp_get_thread_num(), omp_get_num_threads()});
}

}  // namespace burnish
