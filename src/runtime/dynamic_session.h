// What a session of an engine with open sizes holds: the sizes set for its inputs, its bindings, and one SessionState for every program it
// has met. Where all sizes follow from the inputs' it runs one program on the bound memory; else it walks stages, with tensors of its own
// in between. The public Session is thin over it. Not thread-safe; programs are shared with other sessions through the engine.
#pragma once

#include <optional>
#include <unordered_map>

#include "runtime/loaded_engine.h"
#include "runtime/session_state.h"
#include "runtime/stages.h"

namespace burnish::runtime {

class DynamicSession {
 public:
  DynamicSession(std::shared_ptr<const LoadedEngine> engine, const SessionConfig& config);

  /// Throws Error that names tensor, axis, value and range where the engine's profiles do not hold these sizes.
  void set_input_dims(size_t index, std::span<const int64_t> dims);
  const std::optional<Dims>& input_dims(size_t index) const { return dims_.at(index); }
  /// Nothing where only running tells.
  std::optional<Dims> output_dims(size_t index);
  void bind(plan::Place place, size_t index, std::byte* data, Memory memory);
  Status run(const RunRequest& request) noexcept;
  std::vector<Tensor> run(std::span<const Tensor> inputs);
  /// What the last run gave: defined for outputs without memory of the caller.
  const Tensor& output(size_t index) const { return results_.at(index); }
  /// The program for the sizes set, where there is one.
  const Program* program();

 private:
  struct Bound {
    std::byte* data = nullptr;
    Memory memory = Memory::host;
  };
  struct State {
    std::unique_ptr<SessionState> state;
    uint64_t used = 0;
  };

  /// The sizes of all inputs; Error that names one without.
  std::vector<Dims> dims_set() const;
  SessionState& state_of(const std::shared_ptr<const Program>& program);
  void specialize();
  std::vector<Tensor> bound_inputs() const;
  Status run_bound(const RunRequest& request);
  void deliver(std::vector<Tensor> results);
  std::vector<Tensor> run_graph(DynamicGraph& graph, std::span<const Tensor> inputs);
  std::vector<Tensor> run_program(const std::shared_ptr<const Program>& program, std::span<const Tensor> inputs);
  std::vector<Tensor> run_stages(const StagedProgram& program, std::span<const Tensor> inputs);
  void run_stage(const Stage& stage, std::vector<Tensor>& slots);

  std::shared_ptr<const LoadedEngine> engine_;
  SessionConfig config_;
  std::vector<std::optional<Dims>> dims_;
  std::vector<Bound> inputs_, outputs_;
  std::vector<Tensor> results_;
  std::shared_ptr<const Specialization> current_;  // nothing where sizes changed, or where values decide
  std::unordered_map<const Program*, State> states_;
  size_t state_bytes_ = 0;
  uint64_t clock_ = 0;
  int64_t iterations_ = 0;  // of bodies, in this run
};

}  // namespace burnish::runtime
