// What the run loop hands to one kernel, resolved to pointers when the session was made or bound; and what a caller asks of one run.
// Session state makes these, the run loops of host and device read them.
#pragma once

#include <span>

#include "burnish/engine.h"
#include "tactics/kernel.h"

namespace burnish::runtime {

struct StepArguments {
  const tactics::Kernel* kernel = nullptr;
  std::span<const tactics::BufferRef> in;
  std::span<const tactics::BufferRef> out;
  void* workspace = nullptr;
};

struct RunRequest {
  double* step_times = nullptr;  // one for each step, where wanted
  RunTimes* times = nullptr;     // where wanted
  bool transfers = true;
};

}  // namespace burnish::runtime
