// The backend of NVIDIA GPUs: libraries of NVIDIA opened at run time for the heavy operators, generated kernels for the rest.
#include <fmt/format.h>

#include "backends/cuda/driver/cudnn_library.h"
#include "backends/cuda/driver/gpu.h"
#include "backends/cuda/driver/nvtx.h"
#include "backends/cuda/nvrtc/nvrtc_api.h"
#include "tactics/range_marker.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

class CudaBackend final : public tactics::Backend, public tactics::RangeMarker {
 public:
  void begin_range(const char* name) const noexcept override { begin_nvtx_range(name); }
  void end_range() const noexcept override { end_nvtx_range(); }

  std::string_view name() const override { return "cuda"; }
  std::string unavailable() const override { return not gpu().reason().empty() ? gpu().reason() : nvrtc_api().reason; }
  std::string fingerprint() const override {
    if (not unavailable().empty()) return "no GPU";
    return fmt::format("{}; sm_{}; {} SMs; driver {}.{}; NVRTC {}.{}; cuDNN {}", gpu().facts().name, gpu().facts().capability,
                       gpu().facts().processors, cuda_api().version / 1000, cuda_api().version % 1000 / 10, nvrtc_api().major,
                       nvrtc_api().minor, cudnn_library().version_text());
  }
  std::vector<std::pair<std::string, std::string>> description() const override {
    const GpuFacts& facts = gpu().facts();
    return {{"GPU", facts.name},
            {"compute capability", fmt::format("{}.{}", facts.capability / 10, facts.capability % 10)},
            {"multiprocessors", std::to_string(facts.processors)},
            {"memory", fmt::format("{:.1f} GiB", static_cast<double>(facts.memory) / (1 << 30))},
            {"L2 cache", fmt::format("{:.0f} MiB", static_cast<double>(facts.l2_bytes) / (1 << 20))},
            {"bandwidth", fmt::format("{:.0f} GB/s", facts.bandwidth * 1e-9)},
            {"driver", fmt::format("CUDA {}.{}", cuda_api().version / 1000, cuda_api().version % 1000 / 10)},
            {"NVRTC", fmt::format("{}.{}", nvrtc_api().major, nvrtc_api().minor)},
            {"cuDNN", cudnn_library().reason.empty() ? cudnn_library().version_text() : cudnn_library().reason}};
  }
  double memory_bandwidth(int /*threads*/) const override { return gpu().facts().bandwidth; }
  double peak_flops(int /*threads*/, DType type) const override {
    const bool float8 = type == DType::f8e4m3fn and gpu().facts().capability >= 89;
    const bool halves = type == DType::f16 or type == DType::bf16, bytes = type == DType::i8 or type == DType::u8 or float8;
    const double fma_each_cycle = bytes ? 4096 : halves ? 2048 : 128;  // of one multiprocessor
    return 2 * fma_each_cycle * gpu().facts().processors * gpu().facts().clock;
  }
  double step_overhead() const override { return 1e-6; }
  const tactics::Device* device() const override { return gpu().reason().empty() ? &gpu() : nullptr; }
};

}  // namespace

void register_cuda_backend(tactics::Registry& registry) { registry.add(std::make_unique<CudaBackend>()); }

}  // namespace burnish::cuda
