// A graph of cuDNN operations: described once, asked for the engines that can run it, and built with one of them into a Plan.
// The tactics of this folder describe with it what they compute. graph.cpp alone includes cuDNN's headers; it knows no requests and no formats.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/cuda/cudnn/epilogue.h"
#include "burnish/status.h"
#include "burnish/tensor.h"

namespace burnish::cuda::cudnn {

/// Logical dimensions, [batch, channels, spatial...] or [batch, heads, rows, columns], and where the elements lie.
struct TensorSpec {
  Dims dims;
  Dims strides;
  DType type = DType::f32;
};

struct Sliding {
  std::vector<int64_t> pads_begin, pads_end, strides, dilations;
};

/// One way to run a graph. Names hold the engine and its knobs: "eng7_k24=21".
struct Engine {
  std::string name;
  int64_t workspace = 0;  // bytes
};

/// A graph with code, ready to run. Immutable.
class Plan {
 public:
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  int64_t workspace() const;
  /// What `Graph::load` makes the plan from again, on the same GPU and version of cuDNN.
  Tensor saved() const;
  /// Pointers in the order in which the graph's inputs were described, then the output. Enqueues only.
  Status run(void* stream, std::span<void* const> memory, void* workspace) const noexcept;

 private:
  friend class Graph;
  struct Parts;
  explicit Plan(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class Graph {
 public:
  using Id = size_t;

  Graph();
  Graph(Graph&&) noexcept;
  ~Graph();

  Id input(const TensorSpec& tensor);
  Id scalar(float value);
  /// Results of operations take the dims of `like` without lying in memory; types in between are f32.
  Id convolution(Id source, Id filter, const Sliding& sliding, const TensorSpec& like);
  /// The gradient of a convolution with respect to its source: a transposed convolution.
  Id transposed_convolution(Id source, Id filter, const Sliding& sliding, const TensorSpec& like);
  Id pointwise(const PointwiseNode& node, Id first, Id second, const TensorSpec& like);
  struct AttentionSpec {
    double scale = 1;
    bool causal = false;
  };
  Id attention(Id query, Id key, Id value, std::optional<Id> bias, const AttentionSpec& spec, const TensorSpec& like);
  /// The one result that is kept. Nothing can be added after it.
  void output(Id result, const TensorSpec& tensor);

  /// What can run it, the most promising first by cuDNN's two ways of guessing. With `exact`, without engines that round f32 to narrower
  /// types. Empty where there is none.
  std::vector<Engine> engines(bool exact, size_t at_most);
  /// Consumes the graph. Throws Error.
  Plan build(const std::string& engine) &&;
  Plan load(const Tensor& saved) &&;

  /// As text, to know equal graphs.
  const std::string& text() const;

  /// For tests: what follows is asked and built for the GPU that this description stands for, without any GPU. Nothing built so can run.
  void pretend(const std::string& device_description, int capability);

 private:
  friend class Plan;
  std::unique_ptr<Plan::Parts> parts_;
};

}  // namespace burnish::cuda::cudnn
