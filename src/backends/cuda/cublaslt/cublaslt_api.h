// The symbol table of cuBLASLt, NVIDIA's library of matrix products. Only this folder uses it.
// Loaded once, with its handle for the first GPU; where the library is missing, `reason` says so and nothing else may be touched.
// The library's objects are thread-safe as long as nobody changes them.
#pragma once

#include <cublasLt.h>

#include <string>
#include <string_view>

#include "burnish/status.h"

#define BURNISH_CUBLASLT_FUNCTIONS(X)     \
  X(cublasLtCreate)                       \
  X(cublasLtGetVersion)                   \
  X(cublasLtGetStatusString)              \
  X(cublasLtMatmulDescCreate)             \
  X(cublasLtMatmulDescDestroy)            \
  X(cublasLtMatmulDescSetAttribute)       \
  X(cublasLtMatrixLayoutCreate)           \
  X(cublasLtMatrixLayoutDestroy)          \
  X(cublasLtMatrixLayoutSetAttribute)     \
  X(cublasLtMatmulPreferenceCreate)       \
  X(cublasLtMatmulPreferenceDestroy)      \
  X(cublasLtMatmulPreferenceSetAttribute) \
  X(cublasLtMatmulAlgoGetHeuristic)       \
  X(cublasLtMatmulAlgoCheck)              \
  X(cublasLtMatmul)

namespace burnish::cuda {

struct CublasLtApi {
#define BURNISH_DECLARE(name) decltype(&::name) name = nullptr;
  BURNISH_CUBLASLT_FUNCTIONS(BURNISH_DECLARE)
#undef BURNISH_DECLARE
  std::string reason;  // why it cannot be used; empty where it can
  size_t version = 0;  // 130100 is 13.1.0
  cublasLtHandle_t handle = nullptr;

  Status status(cublasStatus_t result, std::string_view what) const;
  /// Throws Error where `result` is no success.
  void expect(cublasStatus_t result, std::string_view what) const;
};

const CublasLtApi& cublaslt_api();

}  // namespace burnish::cuda
