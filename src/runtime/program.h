// A plan with its kernels: one network, or a part of one, for one set of sizes, ready to run. What sessions execute.
// Made from a fresh plan or from an engine's; then immutable and shared by all sessions. It never changes or repeats a plan's decisions.
#pragma once

#include "burnish/engine.h"
#include "plan/plan.h"
#include "runtime/artifacts.h"
#include "tactics/kernel.h"

namespace burnish::runtime {

class Program {
 public:
  /// Builds the kernels. With `check`, what the plan says is compared with what its tactics offer first: for plans from files.
  Program(plan::Plan plan, ArtifactStore& store, bool check);

  const plan::Plan& plan() const { return plan_; }
  const std::vector<std::unique_ptr<tactics::Kernel>>& kernels() const { return kernels_; }
  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }

 private:
  plan::Plan plan_;
  std::vector<std::unique_ptr<tactics::Kernel>> kernels_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

/// Why a stored plan cannot be used here with that many threads (0: its own); empty where it can.
std::string unfit(const plan::Plan& plan, int threads);

}  // namespace burnish::runtime
