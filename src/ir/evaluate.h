// Reference evaluation: what an operator sees when it computes on host tensors, and whole graphs evaluated node by node.
// Used as the oracle of all tests, by constant folding, and as the last resort of every device. Clarity before speed.
// Reference functions throw Error on bad indices and the like; kernels that wrap them turn that into a Status.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "burnish/tensor.h"
#include "tensor/tensor_type.h"

namespace burnish {

class Graph;
struct Node;

class EvalContext {
 public:
  /// Gives storage for output `index`; where a kernel has a destination buffer of exactly that size it returns a view of it.
  using Allocate = std::function<Tensor(size_t index, DType dtype, Dims dims)>;

  /// The outputs of one of the node's bodies for its inputs. Who runs the node may have a faster way than the reference.
  using RunRegion = std::function<std::vector<Tensor>(size_t region, std::span<const Tensor> inputs)>;

  EvalContext(std::span<const Tensor> inputs, size_t outputs, Allocate allocate = {}, std::span<const Graph> regions = {},
              RunRegion run_region = {});

  size_t input_count() const { return inputs_.size(); }
  bool has_input(size_t index) const { return index < inputs_.size() and inputs_[index].defined(); }
  /// Throws Error where it is omitted.
  const Tensor& input(size_t index) const;
  size_t output_count() const { return outputs_.size(); }

  /// Allocates output `index` (elements indeterminate) and returns it for writing.
  Tensor& allocate(size_t index, DType dtype, Dims dims);
  /// Sets a whole output; copied into the destination buffer where there is one.
  void set_output(size_t index, Tensor tensor);

  std::span<const Graph> regions() const { return regions_; }
  std::vector<Tensor> run_region(size_t region, std::span<const Tensor> inputs) const;
  const std::vector<Tensor>& outputs() const { return outputs_; }

 private:
  std::span<const Tensor> inputs_;
  std::vector<Tensor> outputs_;
  Allocate allocate_;
  std::span<const Graph> regions_;
  RunRegion run_region_;
};

/// Throws Error that calls the value `name` where it is not of the type: its kind, its element type, its rank or a constant size differs.
void expect_type(const TensorType& type, const Tensor& value, std::string_view name);

/// The outputs of one node for given inputs (undefined tensors for omitted ones).
std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor> inputs, const EvalContext::RunRegion& run_region = {});

/// The outputs of a graph for its inputs in order. Throws Error with the failing node as context.
std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs);

/// As above; `observe` sees every value as it is computed.
std::vector<Tensor> evaluate(const Graph& graph, std::span<const Tensor> inputs,
                             const std::function<void(uint32_t value, const Tensor&)>& observe);

}  // namespace burnish
