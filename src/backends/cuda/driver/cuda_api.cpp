#include "backends/cuda/driver/cuda_api.h"

#include <array>

#include "backends/cuda/driver/library.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

constexpr int oldest_driver = 12000;

#define BURNISH_TEXT_OF(name) #name
#define BURNISH_SYMBOL(name) BURNISH_TEXT_OF(name)

CudaApi load() {
  CudaApi api;
  static constexpr std::array<std::string_view, 2> names{"libcuda.so.1", "libcuda.so"};
  const Library library(names);
  if (not library.is_open()) {
    api.reason = "no NVIDIA driver: " + library.reason();
    return api;
  }
  std::string missing;
  // The header renames functions to their newest version by macros, so the name is expanded before it becomes text.
#define BURNISH_LOAD(name) load_symbol(library, BURNISH_SYMBOL(name), api.name, missing);
  BURNISH_CUDA_FUNCTIONS(BURNISH_LOAD)
#undef BURNISH_LOAD
  if (api.cuDriverGetVersion != nullptr) api.cuDriverGetVersion(&api.version);
  if (not missing.empty() or api.version < oldest_driver)
    api.reason = fmt::format("the NVIDIA driver is too old (CUDA {}.{}, needed is 12.0{})", api.version / 1000, api.version % 1000 / 10,
                             missing.empty() ? "" : ", missing " + missing);
  else if (const CUresult result = api.cuInit(0); result != CUDA_SUCCESS) api.reason = api.status(result, "cuInit").message();
  return api;
}

}  // namespace

Status CudaApi::status(CUresult result, std::string_view what) const {
  if (result == CUDA_SUCCESS) return Status::ok();
  const char* text = nullptr;
  if (cuGetErrorString != nullptr) cuGetErrorString(result, &text);
  const StatusCode code = result == CUDA_ERROR_OUT_OF_MEMORY ? StatusCode::resource_exhausted : StatusCode::internal;
  return {code, fmt::format("{}: {} (CUDA error {})", what, text == nullptr ? "unknown error" : text, static_cast<int>(result))};
}

void CudaApi::expect(CUresult result, std::string_view what) const {
  if (const Status made = status(result, what); not made) throw Error(made.message(), made.code());
}

const CudaApi& cuda_api() {
  static const CudaApi api = load();
  return api;
}

}  // namespace burnish::cuda
