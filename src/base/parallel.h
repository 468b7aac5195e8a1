// Data-parallel loops on the CPU, over the same OpenMP team that oneDNN uses, so that the two never compete for cores.
// Called by kernels. The number of threads is a property of the calling thread (`set_thread_count`), therefore
// sessions on different threads do not disturb one another. Work functions must not throw.
#pragma once

#include <omp.h>

#include <atomic>
#include <cstdint>

namespace burnish {

/// Threads that `parallel_for` and oneDNN use when called from this thread. At first: the cores the process may use.
int thread_count();
void set_thread_count(int count);

/// Cores this process may run on.
int available_cores();

/// Gives the calling thread this number of threads, and its own back at the end of the scope.
class ThreadCountScope {
 public:
  explicit ThreadCountScope(int threads) : before_(thread_count()) { set_thread_count(threads); }
  ~ThreadCountScope() { set_thread_count(before_); }
  ThreadCountScope(const ThreadCountScope&) = delete;
  ThreadCountScope& operator=(const ThreadCountScope&) = delete;

 private:
  int before_;
};

/// Calls work(begin, end) on disjoint ranges that cover [0, count), one contiguous range a thread. Runs inline where count is at
/// most `grain`, so that small work does not pay for a barrier.
template <class Work>
void parallel_for(int64_t count, int64_t grain, const Work& work) {
  if (count <= 0) return;
  const int64_t wanted = grain > 0 ? (count + grain - 1) / grain : count;
  const int threads = static_cast<int>(wanted < thread_count() ? wanted : thread_count());
  if (threads <= 1) {
    work(int64_t{0}, count);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int thread = 0; thread < threads; ++thread) work(count * thread / threads, count * (thread + 1) / threads);
}

/// Calls work(task, thread) for each task below `count`, on at most `threads` threads, each of which takes the next task when it has done one. For
/// pieces of work that are large enough for that, because one core may be slower than another. `thread` tells threads' scratch memory apart.
template <class Work>
void share_out(int threads, int64_t count, const Work& work) {
  if (threads <= 1 or count <= 1) {
    for (int64_t task = 0; task < count; ++task) work(task, 0);
    return;
  }
  std::atomic<int64_t> next{0};
#pragma omp parallel num_threads(threads)
  for (int64_t task = next++; task < count; task = next++) work(task, omp_get_thread_num());
}

}  // namespace burnish
