// The CPU's reformat: a tensor from one format to another, also as a plain copy into a part of a larger tensor. Formats that oneDNN knows are
// reordered by it; what it does not know, and plain copies, are strided copies of our own.
#include "tactics/reformat.h"

#include "backends/cpu/onednn/onednn.h"
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

/// oneDNN's reorder, where it has one that needs no workspace.
std::unique_ptr<tactics::Kernel> reorder(tactics::BuildContext& context, const tactics::OpRequest& request,
                                         const tactics::Variant& variant) {
  const tactics::Format &from = variant.inputs[0], &to = variant.outputs[0];
  const Dims dims = request.dims(0);
  if (from == to or dims.empty() or element_count(dims) == 0) return nullptr;
  const auto source = onednn::descriptor(dims, from);
  const auto destination = onednn::descriptor(dims, to);
  if (not source or not destination) return nullptr;
  const onednn::ThreadScope threads(context.threads());
  const dnnl::reorder::primitive_desc found(onednn::engine(), *source, onednn::engine(), *destination, onednn::basic_attributes(), true);
  if (not found or found.scratchpad_desc().get_size() > 0) return nullptr;
  onednn::KernelBuilder builder(context, request);
  builder.input(DNNL_ARG_FROM, 0, *source);
  builder.output(DNNL_ARG_TO, 0, *destination);
  return builder.finish(dnnl::reorder(found), found.scratchpad_desc());
}

class ReformatTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.reformat"; }
  uint32_t revision() const override { return 2; }

  tactics::Verdict supports(const tactics::OpRequest& request) const override {
    return request.op.is<tactics::Reformat>() ? tactics::Verdict::yes() : tactics::Verdict::no("only for reformats that the plan inserts");
  }
  void variants(const tactics::OpRequest&, tactics::VariantSink&) const override {}

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const tactics::OpRequest& request,
                                         const tactics::Variant& variant) const override {
    if (auto kernel = reorder(context, request, variant)) return kernel;
    return std::make_unique<ReformatKernel>(request, variant, context.threads());
  }
};

}  // namespace

void register_reformat(tactics::Registry& registry) { registry.add(std::make_unique<ReformatTactic>()); }

}  // namespace burnish::cpu
