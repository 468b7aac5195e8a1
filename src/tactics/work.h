// How much a request computes and moves: the two numbers of a roofline. For estimates of tactics that know no better, and for reports.
// Counted from types alone, so it is cheap and the same on every device; it never measures.
#pragma once

#include "tactics/request.h"

namespace burnish::tactics {

struct Work {
  double operations = 0;  // additions, multiplications and function calls, each as one
  double bytes = 0;       // every input and every wanted output once, in the model's types
};

Work work_of(const OpRequest& request);

}  // namespace burnish::tactics
