// A backend of the tests: tactics made of lambdas, and a clock that only its kernels move, so that times are exact and repeatable.
#pragma once

#include <functional>
#include <memory>

#include "base/error.h"
#include "tactics/registry.h"
#include "unit/runtime/fake_device.h"

namespace burnish::tactics::fake {

/// Seconds that have passed on the device.
using Clock = std::shared_ptr<double>;

class FakeBackend : public Backend {
 public:
  explicit FakeBackend(Clock clock) : clock_(std::move(clock)) {}
  std::string_view name() const override { return "fake"; }
  std::string fingerprint() const override { return "fake device 1"; }
  std::vector<std::pair<std::string, std::string>> description() const override { return {}; }
  double memory_bandwidth(int /*threads*/) const override { return 1e9; }
  double peak_flops(int /*threads*/, DType /*type*/) const override { return 1e9; }
  double step_overhead() const override { return 1e-6; }
  double elapsed(const std::function<void()>& work) const override {
    const double before = *clock_;
    work();
    return *clock_ - before;
  }

 private:
  Clock clock_;
};

/// The same with memory of its own.
class DeviceBackend final : public FakeBackend {
 public:
  explicit DeviceBackend(Clock clock = std::make_shared<double>(0)) : FakeBackend(std::move(clock)) {}
  const Device* device() const override { return &device_; }

 private:
  runtime::FakeDevice device_;
};

/// Moves the clock, twice as far until it shows `slow_until`; fails where asked to.
class FakeKernel final : public Kernel {
 public:
  FakeKernel(Clock clock, double seconds, Status status, double slow_until = 0)
      : clock_(std::move(clock)), seconds_(seconds), status_(std::move(status)), slow_until_(slow_until) {}
  Status run(RunContext& /*context*/, std::span<const BufferRef> /*in*/, std::span<const BufferRef> /*out*/,
             void* /*workspace*/) const noexcept override {
    *clock_ += *clock_ < slow_until_ ? 2 * seconds_ : seconds_;
    return status_;
  }

 private:
  Clock clock_;
  double seconds_;
  Status status_;
  double slow_until_;
};

struct FakeTactic final : Tactic {
  std::string name;
  std::function<Verdict(const OpRequest&)> accept;
  std::function<std::vector<Variant>(const OpRequest&)> offer;
  std::function<std::unique_ptr<Kernel>(const OpRequest&, const Variant&)> make;

  std::string_view id() const override { return name; }
  uint32_t revision() const override { return 1; }
  Verdict supports(const OpRequest& request) const override { return accept ? accept(request) : Verdict::yes(); }
  void variants(const OpRequest& request, VariantSink& sink) const override {
    for (Variant& variant : offer(request)) sink.offer(std::move(variant));
  }
  std::unique_ptr<Kernel> build(BuildContext& /*context*/, const OpRequest& request, const Variant& variant) const override {
    if (not make) fail("this tactic builds nothing");
    return make(request, variant);
  }
};

/// Every input and output in its plain format.
inline Variant plain_variant(const OpRequest& request, double estimate = 1e-3) {
  Variant variant;
  for (const Operand& operand : request.inputs) variant.inputs.push_back(plain_format(operand.type));
  for (const TensorType& type : request.outputs) variant.outputs.push_back(plain_format(type));
  variant.estimate = estimate;
  return variant;
}

/// As above, but input 0 and output 0 in this layout.
inline Variant variant_in(const OpRequest& request, const Layout& layout, double estimate = 1e-3) {
  Variant variant = plain_variant(request, estimate);
  variant.inputs[0].layout = layout;
  variant.outputs[0].layout = layout;
  return variant;
}

}  // namespace burnish::tactics::fake
