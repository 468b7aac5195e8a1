// An engine ready to run: its data, and the program for its plan, or, where sizes are open, the graph that learns them.
// What the public Engine points to. Made after a build or from a file; then immutable but for what open sizes teach it, and shared by all
// sessions.
#pragma once

#include "burnish/engine.h"
#include "engine/engine_data.h"
#include "runtime/dynamic_graph.h"
#include "runtime/program.h"

namespace burnish::runtime {

class LoadedEngine {
 public:
  /// Builds the kernels of the plan for the backend at hand (planning again where there is none). With `record`, what the kernels
  /// made becomes part of the data.
  LoadedEngine(engine::EngineData data, const OpenConfig& config, bool record);

  const engine::EngineData& data() const { return data_; }
  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }
  int threads() const;

  /// Where all sizes are fixed: the one program. Nothing where they are open.
  const std::shared_ptr<const Program>& program() const { return program_; }
  /// The plan of that program, or the first that a build with open sizes tuned for; nullptr where there is none.
  const plan::Plan* plan() const { return data_.plans.empty() ? nullptr : &data_.plans.front(); }

  /// Only where sizes are open.
  DynamicGraph& graph() const { return *graph_; }
  /// The sizes inputs have before anybody sets them: fixed ones, and those the first profile was tuned for.
  std::vector<std::optional<Dims>> initial_dims() const;
  /// Throws Error where neither the network nor any profile takes these sizes for an input.
  void check_dims(size_t input, std::span<const int64_t> dims) const;

 private:
  void open_static(const OpenConfig& config, bool record);
  void open_dynamic(const OpenConfig& config, bool record);

  engine::EngineData data_;
  std::shared_ptr<const Program> program_;
  std::unique_ptr<DynamicGraph> graph_;
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

/// The portable graph. Throws Error where the data, which may come from a file, hold none.
Graph graph_of(const engine::EngineData& data);
/// What the steps of a plan were permitted to store floats as: the same for all.
std::vector<DType> permitted_in(const plan::Plan& plan);
/// A plan from the engine's portable graph by estimates alone, for `backend` with `threads`. It may round what `like` rounds; without one, nothing.
plan::Plan plan_again(const engine::EngineData& data, const std::string& backend, int threads, const plan::Plan* like = nullptr);

}  // namespace burnish::runtime
