// Runs independent pieces of work on threads of their own, as many as there are cores: for work that mostly compiles or waits.
// Building kernels for devices uses it. Loops inside kernels use parallel.h instead, which keeps to the engine's number of threads.
#pragma once

#include <cstddef>
#include <functional>

namespace burnish {

/// Calls work(0) to work(count - 1), each once, in no order. The first exception is thrown again after all have ended.
void run_concurrently(size_t count, const std::function<void(size_t)>& work);

}  // namespace burnish
