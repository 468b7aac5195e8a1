// An engine ready to run: its data, the plan for this device, and the plan's kernels. What the public Engine points to.
// Made after a build or from a file; then immutable and shared by all sessions.
#pragma once

#include "burnish/engine.h"
#include "engine/engine_data.h"
#include "tactics/kernel.h"

namespace burnish::runtime {

class LoadedEngine {
 public:
  /// Builds the kernels of the plan for the backend at hand (planning again where there is none). With `record`, what the kernels
  /// made becomes part of the data.
  LoadedEngine(engine::EngineData data, const OpenConfig& config, bool record);

  const engine::EngineData& data() const { return data_; }
  const plan::Plan& plan() const { return data_.plans.front(); }
  const std::vector<std::unique_ptr<tactics::Kernel>>& kernels() const { return kernels_; }
  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }

 private:
  engine::EngineData data_;
  std::vector<std::unique_ptr<tactics::Kernel>> kernels_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

/// A plan from the engine's portable graph by estimates alone, for `backend` with `threads`.
plan::Plan plan_again(const engine::EngineData& data, const std::string& backend, int threads);

}  // namespace burnish::runtime
