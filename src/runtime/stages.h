// A graph that cannot be one program, as a row of stages: parts whose sizes are known once those before them have run, and single nodes
// that decide sizes by data, choose between bodies or hold what no plan has room for. Made for dynamic graphs, run by dynamic sessions.
// It knows nothing of sizes themselves: each part is a dynamic graph that learns them from its inputs.
#pragma once

#include "runtime/dynamic_graph.h"

namespace burnish::runtime {

inline constexpr uint32_t no_slot = UINT32_MAX;

struct Stage {
  std::unique_ptr<DynamicGraph> part;                 // either a part of the graph, or
  Node node;                                          // a single node, with
  std::vector<std::unique_ptr<DynamicGraph>> bodies;  // what its bodies are compiled from
  std::vector<uint32_t> inputs;                       // slots; no_slot where omitted
  std::vector<uint32_t> outputs;
  std::vector<TensorType> types;    // of the outputs, where what a sequence holds or a branch gives is only known now
  std::vector<uint32_t> last_uses;  // slots that nobody reads afterwards
};

struct StagedProgram {
  std::vector<Stage> stages;
  std::vector<Tensor> slots;  // constants where they are; the others undefined
  std::vector<uint32_t> inputs;
  std::vector<uint32_t> outputs;
};

/// Whether a node has to be a stage of its own.
bool stands_alone(const Graph& graph, const Node& node);
/// True where every node can be part of one program: nothing stands alone and all sizes are numbers.
bool is_compilable(const Graph& graph);

StagedProgram make_stages(const Graph& graph, const std::shared_ptr<Compiler>& compiler);

}  // namespace burnish::runtime
