// One generated kernel that applies a pointwise program to strided tensors: any layouts, broadcasts and storage types, several outputs.
// Pointwise nodes, reformats, copies and everything that is a strided read and write are made of it. Shapes are parameters of the launch, so
// equal programs over equal types and access patterns compile once. It knows no operators.
#pragma once

#include <memory>

#include "backends/cuda/nvrtc/code.h"
#include "ir/expr.h"
#include "tactics/request.h"

namespace burnish::cuda {

/// A tensor as a kernel walks it: the elements' stored type, the stride of every axis of the common domain (0: broadcast), and the element
/// that the walk begins with.
struct StridedOperand {
  DType storage = DType::f32;
  Dims strides;
  int64_t offset = 0;
};

/// The strides of a tensor in `format` over a domain it broadcasts to.
StridedOperand strided(const tactics::Format& format, const Dims& dims, const Dims& domain);

class Elementwise {
 public:
  /// `domain` and all strides are outermost first in the order in which threads should walk: the last axis should be the one that most
  /// operands hold contiguously.
  Elementwise(tactics::BuildContext& context, const Expr& expr, const Dims& domain, std::vector<StridedOperand> inputs,
              std::vector<StridedOperand> outputs);

  /// Data pointers of inputs, then of outputs, all on the device.
  Status run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs, void* stream) const noexcept;

 private:
  static constexpr size_t most_operands = 32;

  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  size_t inputs_ = 0, outputs_ = 0;
  uint32_t count_ = 0;
  std::vector<uint32_t> extents_;
  std::vector<std::vector<int64_t>> strides_;
  std::vector<int64_t> offsets_;  // bytes
  Grid grid_;
};

/// What generated code cannot do, for `supports`; empty where it can.
std::string elementwise_refusal(const Expr& expr, size_t operands, const Dims& domain);

/// The source for a program, operand types, access patterns and a width: tests compile it without a GPU.
struct ElementwiseShape {
  size_t rank = 1;
  int width = 1;                       // neighbours along the last axis that one thread computes
  std::vector<DType> inputs, outputs;  // stored types
  std::vector<std::string> accesses;   // "contiguous", "same" or "strided", for inputs, then outputs
};
std::string elementwise_source(const Expr& expr, const ElementwiseShape& shape);

}  // namespace burnish::cuda
