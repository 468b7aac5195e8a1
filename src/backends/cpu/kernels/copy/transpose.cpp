// Transpose of row-major tensors of any element size: rows are copied whole where the last axis stays, planes in blocks where it moves.
#include "ops/transpose.h"
#include "backends/cpu/simd/strided_copy.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

class TransposeKernel final : public tactics::Kernel {
 public:
  TransposeKernel(StridedCopy copy, int threads) : copy_(std::move(copy)), threads_(threads) {}

  Status run(tactics::RunContext&, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void*) const noexcept override {
    copy_.run(in[0].data, out[0].data, threads_);
    return Status::ok();
  }

 private:
  StridedCopy copy_;
  int threads_;
};

class TransposeTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.transpose"; }
  uint32_t revision() const override { return 1; }

  tactics::Verdict supports(const tactics::OpRequest& request) const override {
    if (not request.op.is<ops::Transpose>()) return tactics::Verdict::no("not a transpose");
    if (request.has_epilogue()) return tactics::Verdict::no("a transpose takes no epilogue");
    if (request.inputs[0].type.dtype == DType::string) return tactics::Verdict::no("strings are moved by the reference");
    return tactics::Verdict::yes();
  }

  void variants(const tactics::OpRequest& request, tactics::VariantSink& sink) const override {
    offer(request, request.inputs[0].type.dtype, sink);
    for (const DType narrow : {DType::bf16, DType::f16})
      if (request.inputs[0].type.dtype == DType::f32 and request.permits(narrow)) offer(request, narrow, sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const tactics::OpRequest& request,
                                         const tactics::Variant& variant) const override {
    const Dims dims = request.dims(0);
    // The output's memory, seen with the input's axes, is the input with its axes in another order.
    Layout order;
    for (const size_t axis : ops::permutation(*request.op.as<ops::Transpose>(), dims.size()))
      order.order.push_back(static_cast<uint8_t>(axis));
    const DType storage = variant.inputs[0].storage;
    return std::make_unique<TransposeKernel>(StridedCopy(dims, {storage, Layout::row_major(dims.size())}, {storage, order}),
                                             context.threads());
  }

 private:
  static void offer(const tactics::OpRequest& request, DType storage, tactics::VariantSink& sink) {
    tactics::Variant variant;
    const Dims dims = request.dims(0);
    variant.inputs = {{storage, Layout::row_major(dims.size())}};
    variant.outputs = variant.inputs;
    const std::vector<size_t> order = ops::permutation(*request.op.as<ops::Transpose>(), dims.size());
    const bool rows = order.empty() or order.back() + 1 == dims.size();
    variant.estimate = 2 * static_cast<double>(tactics::stored_bytes(variant.inputs[0], dims)) / (rows ? 15e9 : 5e9);
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_transpose(tactics::Registry& registry) { registry.add(std::make_unique<TransposeTactic>()); }

}  // namespace burnish::cpu
