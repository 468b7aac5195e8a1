// One run of one kernel on a case of the operator suite: hostile buffers made, elements stored in the variant's formats, results compared with
// the reference. Called by the runner that forces tactics. Where tensors lie in a device's memory, they are taken there and fetched again.
#pragma once

#include <string_view>
#include <vector>

#include "suite/suite.h"
#include "tactics/backend.h"

namespace burnish::suite {

struct Run {
  const tactics::Backend& backend;
  const Case& one;
  const tactics::OpRequest& request;
  const std::vector<Tensor>& inputs;  // of the request; undefined where omitted
  const std::vector<Tensor>& expected;
  int threads = 1;
};

/// How a kernel finds its buffers: as a plan places them, as a user may bind them (one element off alignment), or the output on an input.
enum class Placing { planned, shifted, in_place };

/// Expectations fail where results differ or anything else was written. Returns how often the kernel allocated on the host.
int64_t run_kernel(const Run& run, std::string_view tactic, const tactics::Kernel& kernel, const tactics::Variant& variant,
                   Placing placing);

}  // namespace burnish::suite
