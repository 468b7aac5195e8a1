#include "backends/cuda/cublaslt/lt_call.h"

#include <algorithm>

#include "backends/cuda/driver/gpu.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

constexpr uint64_t workspace_limit = 32 << 20;

cudaDataType_t type_of(DType type) {
  switch (type) {
    case DType::f16: return CUDA_R_16F;
    case DType::bf16: return CUDA_R_16BF;
    case DType::f64: return CUDA_R_64F;
    case DType::i8: return CUDA_R_8I;
    case DType::i32: return CUDA_R_32I;
    default: return CUDA_R_32F;
  }
}

cublasLtEpilogue_t epilogue_of(const LtEpilogue& epilogue) {
  const bool bias = epilogue.bias.has_value();
  switch (epilogue.activation) {
    case LtActivation::relu: return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
    case LtActivation::gelu: return bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
    case LtActivation::none: break;
  }
  return bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

/// What sums are made in, and what alpha and beta are.
std::pair<cublasComputeType_t, cudaDataType_t> arithmetic_of(DType source) {
  switch (source) {
    case DType::f64: return {CUBLAS_COMPUTE_64F, CUDA_R_64F};
    case DType::i8: return {CUBLAS_COMPUTE_32I, CUDA_R_32I};
    default: return {CUBLAS_COMPUTE_32F, CUDA_R_32F};
  }
}

/// The largest power of two, up to what the plan aligns to, that divides the address of every matrix of a batch.
uint32_t alignment_of(const MatrixOperand& operand, DType type) {
  const auto bytes = static_cast<int64_t>(byte_size(type));
  uint32_t divisor = 64;
  for (const int64_t stride : operand.batch_strides)
    while (stride * bytes % divisor != 0) divisor /= 2;
  return divisor;
}

LtOwned<cublasLtMatmulPreference_t> make_preference() {
  cublasLtMatmulPreference_t made = nullptr;
  cublaslt_api().expect(cublaslt_api().cublasLtMatmulPreferenceCreate(&made), "describing a search");
  return LtOwned<cublasLtMatmulPreference_t>(made);
}

MatrixOperand result_operand(const MatrixProduct& product) {
  return {.input = 0,
          .k_inner = false,
          .leading = product.n,
          .batch_strides = {product.batch[1] * product.m * product.n, product.m * product.n}};
}

}  // namespace

LtCall::LtCall(const MatrixProduct& product, const LtEpilogue& epilogue, const LtTypes& types, const void* bias)
    : product_(product),
      types_(types),
      alpha_(epilogue.alpha),
      beta_(epilogue.beta),
      alpha32_(static_cast<float>(epilogue.alpha)),
      beta32_(static_cast<float>(epilogue.beta)),
      result_batch_(result_operand(product).batch_strides[0]) {
  const CublasLtApi& api = cublaslt_api();
  gpu().make_current();
  const auto [compute, scale] = arithmetic_of(types.source);
  cublasLtMatmulDesc_t operation = nullptr;
  api.expect(api.cublasLtMatmulDescCreate(&operation, compute, scale), "describing a product");
  operation_.reset(operation);
  set(CUBLASLT_MATMUL_DESC_TRANSA, product.right.k_inner ? CUBLAS_OP_T : CUBLAS_OP_N);
  set(CUBLASLT_MATMUL_DESC_TRANSB, product.left.k_inner ? CUBLAS_OP_N : CUBLAS_OP_T);
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(epilogue));
  if (epilogue.bias) {
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, type_of(types.result));
  }
  const auto matrix = [&](const MatrixOperand& operand, int64_t other) {
    return operand.k_inner ? layout(types.source, operand, product.k, other) : layout(types.source, operand, other, product.k);
  };
  right_ = matrix(product.right, product.n);
  left_ = matrix(product.left, product.m);
  result_ = layout(types.result, result_operand(product), product.n, product.m);
}

void LtCall::set(cublasLtMatmulDescAttributes_t attribute, const auto& value) const {
  const CublasLtApi& api = cublaslt_api();
  api.expect(api.cublasLtMatmulDescSetAttribute(operation_.get(), attribute, &value, sizeof value), "describing a product");
}

LtOwned<cublasLtMatrixLayout_t> LtCall::layout(DType type, const MatrixOperand& operand, int64_t inner, int64_t outer) const {
  const CublasLtApi& api = cublaslt_api();
  cublasLtMatrixLayout_t made = nullptr;
  api.expect(
      api.cublasLtMatrixLayoutCreate(&made, type_of(type), static_cast<uint64_t>(inner), static_cast<uint64_t>(outer), operand.leading),
      "describing a matrix");
  LtOwned<cublasLtMatrixLayout_t> owned(made);
  const auto count = static_cast<int32_t>(product_.batch[1]);
  if (count > 1) {
    api.cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count);
    api.cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &operand.batch_strides[1],
                                         sizeof operand.batch_strides[1]);
  }
  return owned;
}

std::vector<LtAlgorithm> LtCall::ranked(int count) const {
  const CublasLtApi& api = cublaslt_api();
  const LtOwned<cublasLtMatmulPreference_t> preference = make_preference();
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    api.expect(api.cublasLtMatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof value), "describing a search");
  };
  const uint32_t result_alignment = alignment_of(result_operand(product_), types_.result);
  prefer(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_limit);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment_of(product_.right, types_.source));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment_of(product_.left, types_.source));
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, result_alignment);
  prefer(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, result_alignment);
  // Partial sums along k are added in the type that sums are made in, never in a half.
  prefer(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  std::vector<cublasLtMatmulHeuristicResult_t> results(static_cast<size_t>(count));
  int returned = 0;
  gpu().make_current();
  if (api.cublasLtMatmulAlgoGetHeuristic(api.handle, operation_.get(), right_.get(), left_.get(), result_.get(), result_.get(),
                                         preference.get(), count, results.data(), &returned) != CUBLAS_STATUS_SUCCESS)
    return {};
  std::vector<LtAlgorithm> algorithms;
  for (int i = 0; i < returned; ++i)
    if (const auto& one = results[static_cast<size_t>(i)]; one.state == CUBLAS_STATUS_SUCCESS)
      algorithms.push_back({one.algo, static_cast<int64_t>(one.workspaceSize)});
  return algorithms;
}

bool LtCall::takes(LtAlgorithm& algorithm) const {
  const CublasLtApi& api = cublaslt_api();
  gpu().make_current();
  cublasLtMatmulHeuristicResult_t result = {};
  if (api.cublasLtMatmulAlgoCheck(api.handle, operation_.get(), right_.get(), left_.get(), result_.get(), result_.get(),
                                  &algorithm.algorithm, &result) != CUBLAS_STATUS_SUCCESS)
    return false;
  algorithm.workspace = static_cast<int64_t>(result.workspaceSize);
  return true;
}

Status LtCall::run(const LtAlgorithm& algorithm, const LtPointers& pointers, void* workspace, void* stream) const noexcept {
  const CublasLtApi& api = cublaslt_api();
  gpu().make_current();
  static constexpr int32_t one = 1, nothing = 0;  // integers are only summed
  const auto number = [&](const double& wide, const float& single, const int32_t& integer) -> const void* {
    if (types_.source == DType::f64) return &wide;
    return types_.source == DType::i8 ? static_cast<const void*>(&integer) : &single;
  };
  const void* alpha = number(alpha_, alpha32_, one);
  const void* beta = number(beta_, beta32_, nothing);
  const auto source_bytes = static_cast<int64_t>(byte_size(types_.source)), result_bytes = static_cast<int64_t>(byte_size(types_.result));
  for (int64_t batch = 0; batch < product_.batch[0]; ++batch) {
    const std::byte* left = pointers.left + batch * product_.left.batch_strides[0] * source_bytes;
    const std::byte* right = pointers.right + batch * product_.right.batch_strides[0] * source_bytes;
    std::byte* result = pointers.result + batch * result_batch_ * result_bytes;
    const std::byte* residual = pointers.residual == nullptr ? result : pointers.residual + batch * result_batch_ * result_bytes;
    const cublasStatus_t done = api.cublasLtMatmul(api.handle, operation_.get(), alpha, right, right_.get(), left, left_.get(), beta,
                                                   residual, result_.get(), result, result_.get(), &algorithm.algorithm, workspace,
                                                   static_cast<size_t>(algorithm.workspace), static_cast<cudaStream_t>(stream));
    if (done != CUBLAS_STATUS_SUCCESS) return api.status(done, "a matrix product");
  }
  return Status::ok();
}

}  // namespace burnish::cuda
