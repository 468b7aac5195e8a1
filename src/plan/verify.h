// Checks a plan from scratch: that no step reads bytes another tensor has overwritten, that nothing leaves the arena, an input or a
// constant, and that every index is in range. Runs after `make` and after an engine is read; shares no code with the planner.
#pragma once

#include "plan/plan.h"

namespace burnish::plan {

/// Throws Error naming the step, the tensors and the bytes.
void verify_memory(const Plan& plan);

}  // namespace burnish::plan
