// The build report as JSON: for every node the candidates with estimates and times, the refusals with reasons, the choice, and the cost and
// memory of the whole. Stored in the engine, shown by `burnish explain`. It holds no clock times of the build itself, so that equal
// choices give equal bytes.
#pragma once

#include <string>

#include "plan/plan.h"

namespace burnish::plan {

std::string report(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen, const Plan& plan);

}  // namespace burnish::plan
