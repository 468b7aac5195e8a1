// What the tactics of cuDNN share: a described graph with the memory each of its tensors stands for, the engines offered for it as variants,
// and the kernel that runs a plan. It reads requests only for their operands; what is computed is the tactics' own.
#pragma once

#include "backends/cuda/cudnn/finish.h"
#include "backends/cuda/cudnn/graph.h"
#include "tactics/tactic.h"

namespace burnish::cuda::cudnn {

/// What a tensor of the graph is when the kernel runs.
struct Binding {
  enum class Source : uint8_t { input, constant, zeros };
  Source source = Source::input;
  size_t index = 0;            // of the request's input
  DType storage = DType::f32;  // of what the kernel keeps
  Dims extents, strides;       // of a constant: as `packed_constant` takes them; zeros have extents alone
  int64_t offset = 0;          // bytes into the request's input
};

/// A graph and, in the order of its inputs, what they are; the output is the request's first.
struct Described {
  Graph graph;
  std::vector<Binding> bindings;
};

/// The engines that can run a graph. Asked once for equal graphs in a process.
std::vector<Engine> engines_for(Graph& graph, bool exact, size_t at_most);

/// Whether a stored variant has the formats of one that could be offered, and no claims beyond them but knobs and a workspace.
bool has_formats(const tactics::Variant& variant, const tactics::Variant& formats);

/// Why there is nothing to ask; empty where cuDNN can be used.
std::string unusable();

/// Builds the plan with the engine that `choose` names, or takes it from the engine file; uploads constants. `finish`, where given, runs
/// behind the plan. Throws Error where the plan needs more workspace than the variant has.
std::unique_ptr<tactics::Kernel> make_kernel(tactics::BuildContext& context, const tactics::OpRequest& request,
                                             const tactics::Variant& variant, const std::function<Engine(Graph&)>& choose,
                                             const std::function<Described()>& describe, std::unique_ptr<Finish> finish = {});

TensorSpec spec_of(const Dims& dims, const tactics::Format& format);
/// With one more axis, of extent 1.
TensorSpec with_axis(TensorSpec tensor, size_t axis);

}  // namespace burnish::cuda::cudnn
