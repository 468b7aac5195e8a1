// OpRequest: one piece of work, stated without names: an operator, its epilogue, and the types and constants around it.
// Everything on the build side asks and answers in these terms: tactics, timing, the timing cache, the choices file, `burnish tactic run`.
// Equal requests have equal text, so each is timed once. It never refers to the graph it came from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "ir/expr.h"
#include "ir/graph.h"

namespace burnish::tactics {

/// Which memory a tensor lies in: the host's, or that of the device a plan is for.
enum class Space : uint8_t { host, device };

/// How a tensor is stored: element type, layout and memory. What the assignment chooses for every value.
struct Format {
  DType storage = DType::f32;
  Layout layout;
  Space space = Space::host;
  bool operator==(const Format&) const = default;
  std::string text() const;  // "f32:0231", "f16:0231@device"
};
/// The model's own: its dtype, row-major.
Format plain_format(const TensorType& type, Space space = Space::host);
/// Bytes of a tensor with these dims in this format, padding of blocks included.
int64_t stored_bytes(const Format& format, std::span<const int64_t> dims);

struct Operand {
  bool present = true;
  TensorType type;                         // static shape
  std::shared_ptr<const Tensor> constant;  // set where the value is known when building
};

/// Facts that support, variants, estimates and kernels may depend on.
struct Target {
  int threads = 1;
  std::string device;            // the backend's fingerprint: name, ISA, library versions
  std::vector<DType> permitted;  // storage types allowed for f32 tensors besides f32: bf16, f16
  Space space = Space::host;     // where network inputs and outputs lie
};

struct OpRequest {
  Op op;          // the anchor; Pointwise where there is none
  Expr epilogue;  // without outputs where there is none; see ops::Fused for what its inputs are
  size_t anchor_inputs = 0;
  std::vector<Operand> inputs;  // the anchor's, then the epilogue's further ones
  std::vector<TensorType> outputs;
  std::vector<bool> wanted;  // which outputs anybody reads
  Target target;
  std::vector<Graph> regions;  // of If, Loop, Scan: reference only

  bool has_epilogue() const { return not epilogue.outputs.empty(); }
  Dims dims(size_t input) const { return inputs.at(input).type.shape.dims(); }
  Dims output_dims(size_t output = 0) const { return outputs.at(output).shape.dims(); }
  bool permits(DType storage) const;

  /// Canonical text. Of constants only small integer ones (axes, shapes, starts, indices) have their values in it; `parse` fills the others
  /// with reproducible random data, so that a request can be run alone.
  std::string text() const;
  static OpRequest parse(std::string_view text);
  /// Of everything that decides how long the work takes on one device: all but `target.device` and `target.permitted`.
  Hash128 hash() const;
};

/// The request of a node whose types are all static. Fused nodes come apart into anchor and epilogue.
OpRequest make_request(const Graph& graph, const Node& node, const Target& target);

}  // namespace burnish::tactics
