// A matrix product as its kernels see it: sizes, batches, and where the operands' elements lie, whichever operator asked for it: MatMul, or a
// convolution whose window is a single element, over channels last. Batch axes are merged as far as the operands allow.
// Tactics of matrix products start from it. It knows no library, no storage types and no epilogue.
#pragma once

#include <array>
#include <optional>

#include "ops/window.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

/// Rows of the left operand are `m`, columns of the right one `n`; `k` is what is summed over.
struct MatrixOperand {
  size_t input = 0;                            // of the request
  bool k_inner = true;                         // elements along k are neighbours; else those along m or n are
  int64_t leading = 0;                         // elements from one such run to the next
  std::array<int64_t, 2> batch_strides{0, 0};  // elements; 0 where all batches share one matrix
};

/// An image whose windows are the rows of the left operand, and the filters that are the right one: see gemm_image.cuh.
struct ConvImage {
  int64_t given = 0;     // channels of the convolution
  int64_t channels = 0;  // of a pixel in memory: whole pieces or halves of one
  ops::WindowAxis rows, columns;
  bool padded() const { return given != channels; }
};

struct MatrixProduct {
  int64_t m = 1, n = 1, k = 1;
  std::array<int64_t, 2> batch{1, 1};  // outer, inner
  MatrixOperand left, right;
  std::optional<size_t> bias;      // an input of the request, one element for each column, added to the product before its epilogue
  std::optional<ConvImage> image;  // what the left operand is instead of a matrix
  Layout layout;                   // of the result and of all operands of its epilogue that have its shape

  int64_t batches() const { return batch[0] * batch[1]; }
  double flops() const;
};

struct FoundProduct {
  tactics::Verdict verdict = tactics::Verdict::yes();
  MatrixProduct product;
};

/// Of a MatMul; its result is row-major.
FoundProduct matmul_product(const tactics::OpRequest& request);
/// Of a Conv with windows of one element, stride 1, no padding and one group; its input and result have channels last.
FoundProduct pointwise_conv_product(const tactics::OpRequest& request);

/// Of a Conv with two spatial axes, constant filters and one group, whatever its window: input and result have channels last.
/// `piece`: elements that are copied at once, 8 or 16.
FoundProduct window_conv_product(const tactics::OpRequest& request, int64_t piece = 8);

/// What the result's epilogue walks: the result's dims in the order of its memory; the last axis is `n` wide, or absent where n is 1.
Dims walked(const Dims& values, const Layout& layout);

/// Whether an input holds one element for each column of the result, or a single one: where a kernel would take a bias.
bool is_per_column(const tactics::OpRequest& request, const MatrixProduct& product, size_t input);

/// Operations a second that matrices of this type are multiplied with at best: tensor cores for halves and bytes, none for f32.
double matrix_peak(DType type);

/// Seconds at `share` of the peak, or by the bytes of `variant`, and never less than a launch. Few tiles leave processors idle.
double product_seconds(const tactics::OpRequest& request, const tactics::Variant& variant, const MatrixProduct& product, DType type,
                       double share);

}  // namespace burnish::cuda
