// The CPU's reformat: a tensor from one format to another, also as a plain copy into a part of a larger tensor.
#include "tactics/reformat.h"

#include "backends/cpu/simd/strided_copy.h"

namespace burnish::cpu {
namespace {

class ReformatKernel final : public tactics::Kernel {
 public:
  ReformatKernel(const tactics::OpRequest& request, const tactics::Variant& variant, int threads)
      : copy_(request.dims(0), variant.inputs[0], variant.outputs[0]), threads_(threads) {}

  Status run(tactics::RunContext&, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void*) const noexcept override {
    copy_.run(in[0].data, out[0].data, threads_);
    return Status::ok();
  }

 private:
  StridedCopy copy_;
  int threads_;
};

class ReformatTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.reformat"; }
  uint32_t revision() const override { return 1; }

  tactics::Verdict supports(const tactics::OpRequest& request) const override {
    return request.op.is<tactics::Reformat>() ? tactics::Verdict::yes() : tactics::Verdict::no("only for reformats that the plan inserts");
  }
  void variants(const tactics::OpRequest&, tactics::VariantSink&) const override {}

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const tactics::OpRequest& request,
                                         const tactics::Variant& variant) const override {
    return std::make_unique<ReformatKernel>(request, variant, context.threads());
  }
};

}  // namespace

void register_reformat(tactics::Registry& registry) { registry.add(std::make_unique<ReformatTactic>()); }

}  // namespace burnish::cpu
