// The backend of the reference evaluations: always usable, slow on purpose, the oracle of every test and the last resort of every device.
#include "tactics/registry.h"

namespace burnish::ref {
namespace {

class ReferenceBackend final : public tactics::Backend {
 public:
  std::string_view name() const override { return "ref"; }
  std::string fingerprint() const override { return "ref"; }
  std::vector<std::pair<std::string, std::string>> description() const override {
    return {{"device", "reference evaluation on the host, one thread"}};
  }
  double memory_bandwidth(int /*threads*/) const override { return 1e9; }
  double peak_flops(int /*threads*/, DType /*type*/) const override { return 0.3e9; }
  double step_overhead() const override { return 1e-6; }
};

}  // namespace

void register_ref(tactics::Registry& registry) { registry.add(std::make_unique<ReferenceBackend>()); }

}  // namespace burnish::ref
