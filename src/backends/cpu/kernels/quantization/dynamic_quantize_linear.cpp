// DynamicQuantizeLinear of f32: the range in one pass over the tensor, the bytes in a second. Neither cares in which order the elements lie.
#include <algorithm>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/simd/row_functions.h"
#include "base/parallel.h"
#include "ops/dynamic_quantize_linear.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;
using Output = ops::DynamicQuantizeLinear::Output;

/// Below this a second thread costs more than it brings.
constexpr int64_t grain = 16384;

/// What one thread found, on a cache line of its own.
struct alignas(64) Part {
  Range range;
};

class DynamicQuantizeKernel final : public tactics::Kernel {
 public:
  DynamicQuantizeKernel(int64_t count, int threads) : count_(count), parts_(std::clamp<int64_t>(count / grain, 1, threads)) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[0].data);
    auto* found = static_cast<Part*>(workspace);
    const RowFunctions& rows = row_functions();
    for_each_part([&](int64_t part, int64_t first, size_t count) { found[part].range = rows.range(x + first, count); });
    Range range;
    for (int64_t part = 0; part < parts_; ++part)
      range = {std::min(range.low, found[part].range.low), std::max(range.high, found[part].range.high)};
    const ops::ByteScale numbers = ops::byte_scale(range.low, range.high);
    if (auto* y = reinterpret_cast<uint8_t*>(out[Output::y].data))
      for_each_part(
          [&](int64_t, int64_t first, size_t count) { rows.quantize(x + first, y + first, count, numbers.scale, numbers.zero_point); });
    if (auto* scale = reinterpret_cast<float*>(out[Output::scale].data)) *scale = numbers.scale;
    if (auto* zero_point = reinterpret_cast<uint8_t*>(out[Output::zero_point].data)) *zero_point = static_cast<uint8_t>(numbers.zero_point);
    return Status::ok();
  }

 private:
  template <class Work>
  void for_each_part(const Work& work) const {
    parallel_for(parts_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t first = count_ * part / parts_;
        work(part, first, static_cast<size_t>(count_ * (part + 1) / parts_ - first));
      }
    });
  }

  int64_t count_;
  int64_t parts_;
};

class DynamicQuantize final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.dynamic_quantize"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::DynamicQuantizeLinear>()) return Verdict::no("not a dynamic quantization");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const size_t rank = request.dims(0).size();
    offer(request, Layout::row_major(rank), sink);
    if (rank >= 3) offer(request, Layout::channels_last(rank), sink);
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant&) const override {
    return std::make_unique<DynamicQuantizeKernel>(element_count(request.dims(0)), context.threads());
  }

 private:
  static void offer(const OpRequest& request, const Layout& layout, tactics::VariantSink& sink) {
    Variant variant;
    variant.inputs = {{DType::f32, layout}};
    for (const TensorType& output : request.outputs) variant.outputs.push_back(tactics::plain_format(output));
    variant.outputs[Output::y].layout = layout;
    variant.keeps_constant = {false};
    variant.workspace = static_cast<int64_t>(sizeof(Part)) * request.target.threads;
    variant.estimate = static_cast<double>(element_count(request.dims(0))) * 0.3e-9 / request.target.threads;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_dynamic_quantize_linear(tactics::Registry& registry) { registry.add(std::make_unique<DynamicQuantize>()); }

}  // namespace burnish::cpu
