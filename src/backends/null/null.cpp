// A backend that is never usable: a skeleton to copy when a new device is added. It shows the two things a backend brings: a Backend,
// and tactics whose ids begin with its name. Copy this folder, rename it, and let `unavailable` look for the device.
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::null {
namespace {

class NullBackend final : public tactics::Backend {
 public:
  std::string_view name() const override { return "null"; }
  std::string unavailable() const override { return "the null backend has no device: it is a skeleton for new backends"; }
  std::string fingerprint() const override { return "null"; }
  std::vector<std::pair<std::string, std::string>> description() const override { return {{"device", "none"}}; }
  double memory_bandwidth(int /*threads*/) const override { return 1e9; }
  double peak_flops(int /*threads*/, DType /*type*/) const override { return 1e9; }
  double step_overhead() const override { return 0; }
};

class NullTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "null.nothing"; }
  uint32_t revision() const override { return 1; }
  tactics::Verdict supports(const tactics::OpRequest& /*request*/) const override {
    return tactics::Verdict::no("the null backend computes nothing");
  }
  void variants(const tactics::OpRequest& /*request*/, tactics::VariantSink& /*sink*/) const override {}
  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& /*context*/, const tactics::OpRequest& request,
                                         const tactics::Variant& /*variant*/) const override {
    fail_unsupported("the null backend cannot build {}", request.op.name());
  }
};

}  // namespace

void register_null(tactics::Registry& registry) {
  registry.add(std::make_unique<NullBackend>());
  registry.add(std::make_unique<NullTactic>());
}

}  // namespace burnish::null
