// The backend of ordinary processors: oneDNN for the heavy operators, own SIMD kernels for the rest.
#include <fmt/format.h>

#include "backends/cpu/machine.h"
#include "backends/cpu/onednn/onednn.h"
#include "base/parallel.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

class CpuBackend final : public tactics::Backend {
 public:
  std::string_view name() const override { return "cpu"; }
  std::string fingerprint() const override {
    return fmt::format("{}; {}; oneDNN {}", machine().name, machine().isa, onednn::version_text());
  }
  std::vector<std::pair<std::string, std::string>> description() const override {
    const double tera = 1e-12;
    return {{"processor", machine().name},
            {"cores", std::to_string(available_cores())},
            {"instruction set", machine().isa},
            {"frequency", fmt::format("{:.2f} GHz", machine().frequency * 1e-9)},
            {"peak f32", fmt::format("{:.2f} Tflop/s", peak_flops(available_cores(), DType::f32) * tera)},
            {"peak bf16", fmt::format("{:.2f} Tflop/s", peak_flops(available_cores(), DType::bf16) * tera)},
            {"oneDNN", onednn::version_text()}};
  }
  double memory_bandwidth(int threads) const override { return machine().bytes_per_second(threads); }
  /// Vectors multiply unsigned by signed bytes: for others the difference must be made up. Tiles multiply any.
  double peak_flops(int threads, DType type) const override {
    const bool made_up_for = type == DType::i8 and not onednn::has_isa(dnnl::cpu_isa::avx512_core_amx);
    return machine().flops(threads, type) * (made_up_for ? 0.9 : 1);
  }
  double step_overhead() const override { return 1e-6; }
};

}  // namespace

void register_cpu_backend(tactics::Registry& registry) { registry.add(std::make_unique<CpuBackend>()); }

}  // namespace burnish::cpu
