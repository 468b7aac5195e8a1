#include "backends/cuda/driver/nvtx.h"

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define BURNISH_HAS_NVTX
#endif

namespace burnish::cuda {
namespace {

#ifdef BURNISH_HAS_NVTX
/// Burnish's ranges stand apart from the application's.
nvtxDomainHandle_t domain() noexcept {
  static const nvtxDomainHandle_t ours = nvtxDomainCreateA("Burnish");
  return ours;
}
#endif

}  // namespace

void begin_nvtx_range([[maybe_unused]] const char* name) noexcept {
#ifdef BURNISH_HAS_NVTX
  nvtxEventAttributes_t range = {};
  range.version = NVTX_VERSION;
  range.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  range.messageType = NVTX_MESSAGE_TYPE_ASCII;
  range.message.ascii = name;
  nvtxDomainRangePushEx(domain(), &range);
#endif
}

void end_nvtx_range() noexcept {
#ifdef BURNISH_HAS_NVTX
  nvtxDomainRangePop(domain());
#endif
}

}  // namespace burnish::cuda
