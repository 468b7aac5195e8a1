#include "backends/cuda/nvrtc/nvrtc_api.h"

#include <array>

#include "backends/cuda/driver/library.h"

namespace burnish::cuda {
namespace {

NvrtcApi load() {
  NvrtcApi api;
  static constexpr std::array<std::string_view, 3> names{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};
  const Library library(names);
  if (not library.is_open()) {
    api.reason = "no NVRTC: " + library.reason();
    return api;
  }
  std::string missing;
#define BURNISH_LOAD(name) load_symbol(library, #name, api.name, missing);
  BURNISH_NVRTC_FUNCTIONS(BURNISH_LOAD)
#undef BURNISH_LOAD
  if (not missing.empty()) api.reason = "NVRTC lacks " + missing;
  else api.nvrtcVersion(&api.major, &api.minor);
  return api;
}

}  // namespace

const NvrtcApi& nvrtc_api() {
  static const NvrtcApi api = load();
  return api;
}

}  // namespace burnish::cuda
