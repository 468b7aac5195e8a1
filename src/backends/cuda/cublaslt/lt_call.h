// The library's own description of one product: operation, matrices and the algorithms it proposes. Owned by a kernel, or made for a moment to
// ask. cuBLASLt counts by columns, so it sees the transposed product: what a row-major result calls rows, it calls columns.
#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "backends/cuda/cublaslt/cublaslt_api.h"
#include "backends/cuda/cublaslt/lt_epilogue.h"

namespace burnish::cuda {

/// What the memory that a product works on holds. All of it is aligned to 64 bytes.
struct LtTypes {
  DType source = DType::f32;  // of both operands
  DType result = DType::f32;  // of the result, the residual and the bias
};

struct LtAlgorithm {
  cublasLtMatmulAlgo_t algorithm = {};
  int64_t workspace = 0;  // bytes
};

struct LtPointers {
  const std::byte* left = nullptr;
  const std::byte* right = nullptr;
  const std::byte* residual = nullptr;
  std::byte* result = nullptr;
};

struct LtRelease {
  void operator()(cublasLtMatmulDesc_t operation) const { cublaslt_api().cublasLtMatmulDescDestroy(operation); }
  void operator()(cublasLtMatrixLayout_t matrix) const { cublaslt_api().cublasLtMatrixLayoutDestroy(matrix); }
  void operator()(cublasLtMatmulPreference_t preference) const { cublaslt_api().cublasLtMatmulPreferenceDestroy(preference); }
};
template <class Handle>
using LtOwned = std::unique_ptr<std::remove_pointer_t<Handle>, LtRelease>;

class LtCall {
 public:
  /// Throws Error. `bias` in device memory, where the epilogue has one; a call that is only asked about may give any aligned address.
  LtCall(const MatrixProduct& product, const LtEpilogue& epilogue, const LtTypes& types, const void* bias);

  /// The library's ranking, at most `count`; fewer, or none, where it knows no more.
  std::vector<LtAlgorithm> ranked(int count) const;
  /// Whether the algorithm does this product here; corrects its workspace.
  bool takes(LtAlgorithm& algorithm) const;

  Status run(const LtAlgorithm& algorithm, const LtPointers& pointers, void* workspace, void* stream) const noexcept;

 private:
  LtOwned<cublasLtMatrixLayout_t> layout(DType type, const MatrixOperand& operand, int64_t inner, int64_t outer) const;
  void set(cublasLtMatmulDescAttributes_t attribute, const auto& value) const;

  MatrixProduct product_;
  LtTypes types_;
  double alpha_, beta_;
  float alpha32_, beta32_;
  int64_t result_batch_ = 0;  // elements of one outer batch
  LtOwned<cublasLtMatmulDesc_t> operation_;
  LtOwned<cublasLtMatrixLayout_t> left_, right_, result_;
};

}  // namespace burnish::cuda
