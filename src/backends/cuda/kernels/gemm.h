// The source of one matrix product with its epilogue: tests compile it without a GPU, gemm.cpp launches it.
#pragma once

#include "backends/cuda/kernels/gemm_tiles.h"
#include "backends/cuda/kernels/tail.h"

namespace burnish::cuda {

struct GemmSource {
  GemmTiling tiling;
  DType type = DType::f16;  // of both operands: a half; or i8 or u8 of the left one, where everything is counted in pairs
  bool right_k_inner = true;
  bool right_is_constant = true;
  int width = 8;                   // neighbouring columns that the epilogue takes together: it must divide their number
  size_t row_axes = 1;             // axes that rows are made of in the epilogue's operands
  std::optional<ConvImage> image;  // what the left operand is instead of a matrix
};

/// The kernel "gemm" with parameters (GemmShape, Extents<row_axes>, left, right, Tail). The tail's axes are the rows', then the column.
std::string gemm_source(const GemmSource& source, const Tail& tail);

/// The kernel "pad" that makes an image of whole pieces from planes.
std::string pad_channels_source(const ConvImage& image, int together, DType from, DType to);

}  // namespace burnish::cuda
