// Checks a step that came from a file before any kernel is made for it: that its types are what the operator says, and that its variant is one
// the tactic really offers, workspace included. Kernels rely on both. Used by the engine loader only; a build needs no such check.
#pragma once

#include <set>
#include <string>

#include "plan/plan.h"
#include "tactics/tactic.h"

namespace burnish::runtime {

class StepChecker {
 public:
  /// Throws Error that says what does not hold. Equal steps are checked once.
  void check(const plan::Step& step, const tactics::Tactic& tactic);

 private:
  std::set<std::string> checked_;
};

}  // namespace burnish::runtime
