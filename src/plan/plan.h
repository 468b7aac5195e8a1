// The plan: flat data without pointers that says which kernel runs when on which bytes. Made by `make`, stored in engines, run by sessions.
// Tensors are addressed by index; memory is one arena of fixed offsets. It never holds kernels, graphs or device memory.
#pragma once

#include <string>
#include <vector>

#include "tactics/assign.h"

namespace burnish::plan {

/// `arena` is where the plan's steps keep what they make: host memory, or the device's. `host_arena` holds what steps on the host make in
/// a plan for a device. Constants lie on the host.
enum class Place : uint8_t { arena, input, output, constant, none, host_arena };

/// One buffer view. Tensors that alias (views, in-place results, network outputs written directly) share place and offset.
struct TensorSlot {
  std::string name;          // of the graph value
  DType dtype = DType::f32;  // the model's type
  Dims dims;
  tactics::Format format;  // how it is stored
  Place place = Place::arena;
  uint32_t index = 0;  // which network input, output or constant
  int64_t offset = 0;  // bytes into the arena, or into the input, output or constant
  int64_t bytes = 0;
  uint32_t alias_class = 0;  // tensors of one class hold the same value, parts of it, or a whole of such parts
};

inline constexpr uint32_t no_tensor = UINT32_MAX;

struct Step {
  std::string name;                     // of the node, "reformat of X" for reformats
  std::vector<std::string> provenance;  // ONNX node names
  std::string tactic;
  uint32_t revision = 0;
  tactics::OpRequest request;  // with constants attached
  tactics::Variant variant;
  std::vector<uint32_t> inputs;  // tensor indices; no_tensor where omitted or kept by the kernel
  std::vector<uint32_t> outputs;
  int64_t workspace_offset = 0;
  double seconds = 0;  // expected
};

struct Binding {
  std::string name;
  DType dtype = DType::f32;
  Dims dims;
  tactics::Format format;
  uint32_t tensor = no_tensor;
};

/// Peak of the arena against what no plan can undercut: the largest sum of bytes alive at one step.
struct MemoryReport {
  int64_t arena_bytes = 0;
  int64_t lower_bound = 0;
  int64_t without_reuse = 0;
  int64_t host_arena_bytes = 0;  // beside the arena, in plans for a device
};

struct Plan {
  std::string backend;
  std::string device;
  int threads = 1;
  tactics::Space space = tactics::Space::host;  // of the arena, of network inputs and of outputs
  std::vector<TensorSlot> tensors;
  std::vector<Step> steps;
  std::vector<Binding> inputs;
  std::vector<Binding> outputs;
  std::vector<std::shared_ptr<const Tensor>> constants;  // those that steps read from memory
  MemoryReport memory;
  double expected_seconds = 0;
};

/// Schedules, inserts reformats, makes views and in-place results alias, and places everything. The result has passed `verify_memory`.
Plan make(const Graph& graph, const tactics::CandidateSet& found, const tactics::Assignment& chosen);

/// Whether a step runs on the device: it reads or writes its memory. Its workspace lies there too.
bool on_device(const Step& step);

std::string print(const Plan& plan);

}  // namespace burnish::plan
