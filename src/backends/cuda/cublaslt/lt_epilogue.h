// An epilogue as cuBLASLt does it: alpha * A*B + beta * C + bias, then relu or gelu; and what is left of it for a kernel behind the product.
// The tactics of this folder translate with it. It takes the longest beginning that the library computes exactly; reading is pure, so tests
// need no GPU.
#pragma once

#include "backends/cuda/kernels/matrix_product.h"

namespace burnish::cuda {

enum class LtActivation : uint8_t { none, relu, gelu };

struct LtEpilogue {
  double alpha = 1;
  double beta = 0;                 // of the residual: 1 or -1 where there is one
  std::optional<size_t> bias;      // request inputs
  std::optional<size_t> residual;  // of the result's shape
  LtActivation activation = LtActivation::none;
  size_t steps = 0;           // of the request's epilogue that the library does
  DType result = DType::f32;  // the model's type of what the library stores

  /// What remains, over the library's result as input 0 and the request inputs named here. Without outputs where nothing remains.
  Expr rest;
  std::vector<size_t> rest_inputs;
  bool has_rest() const { return not rest.outputs.empty(); }
};

/// `lowered`: what f32 tensors are stored in, as in kernels/formats.h.
LtEpilogue lt_epilogue(const tactics::OpRequest& request, const MatrixProduct& product, std::optional<DType> lowered);
/// The product alone: all of the request's epilogue remains.
LtEpilogue no_lt_epilogue(const tactics::OpRequest& request, const MatrixProduct& product);

}  // namespace burnish::cuda
