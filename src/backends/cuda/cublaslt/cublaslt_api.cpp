#include "backends/cuda/cublaslt/cublaslt_api.h"

#include <array>

#include "backends/cuda/driver/gpu.h"
#include "backends/cuda/driver/library.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

CublasLtApi load() {
  CublasLtApi api;
  if (not gpu().reason().empty()) {
    api.reason = gpu().reason();
    return api;
  }
  static constexpr std::array<std::string_view, 3> names{"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"};
  const Library library(names);
  if (not library.is_open()) {
    api.reason = "no cuBLASLt: " + library.reason();
    return api;
  }
  std::string missing;
#define BURNISH_LOAD(name) load_symbol(library, #name, api.name, missing);
  BURNISH_CUBLASLT_FUNCTIONS(BURNISH_LOAD)
#undef BURNISH_LOAD
  if (not missing.empty()) {
    api.reason = "cuBLASLt lacks " + missing;
    return api;
  }
  api.version = api.cublasLtGetVersion();
  gpu().make_current();
  if (const Status made = api.status(api.cublasLtCreate(&api.handle), "starting cuBLASLt"); not made) api.reason = made.message();
  return api;
}

}  // namespace

Status CublasLtApi::status(cublasStatus_t result, std::string_view what) const {
  if (result == CUBLAS_STATUS_SUCCESS) return Status::ok();
  return {StatusCode::internal, fmt::format("{}: {} (cuBLAS error {})", what, cublasLtGetStatusString(result), static_cast<int>(result))};
}

void CublasLtApi::expect(cublasStatus_t result, std::string_view what) const {
  if (const Status made = status(result, what); not made) throw Error(made.message(), made.code());
}

const CublasLtApi& cublaslt_api() {
  static const CublasLtApi api = load();
  return api;
}

}  // namespace burnish::cuda
