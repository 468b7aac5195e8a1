// Pointwise programs from one tensor of bytes to bytes, as a table of 256 results: activations between quantized tensors, and conversion from one
// quantization to another. The table is made by the reference evaluation, so results are exact. Any layout.
#include <algorithm>
#include <array>

#include "backends/cpu/simd/strided.h"
#include "base/parallel.h"
#include "ops/pointwise.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

using Table = std::array<uint8_t, 256>;

bool is_byte(DType dtype) { return dtype == DType::u8 or dtype == DType::i8; }

/// The results for all bytes, by their bits.
Table table_of(const OpRequest& request) {
  Tensor bytes(request.inputs[0].type.dtype, {256});
  for (int i = 0; i < 256; ++i) bytes.mutable_data()[i] = static_cast<std::byte>(i);
  std::vector<Tensor> inputs{bytes};
  for (size_t i = 1; i < request.inputs.size(); ++i) inputs.push_back(request.inputs[i].constant->reshaped({}));
  const Tensor results = evaluate(request.op.as<ops::Pointwise>()->expr, inputs, {256}).front();
  Table table{};
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(results.data()[i]);
  return table;
}

class ByteTableKernel final : public tactics::Kernel {
 public:
  ByteTableKernel(const Table& table, int64_t count, int threads) : table_(table), count_(count), threads_(threads) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    const auto* from = reinterpret_cast<const uint8_t*>(in[0].data);
    auto* to = reinterpret_cast<uint8_t*>(out[0].data);
    const int64_t parts = count_ < 16384 ? 1 : threads_;
    parallel_for(parts, 1, [&](int64_t first, int64_t last) {
      for (int64_t i = count_ * first / parts; i < count_ * last / parts; ++i) to[i] = table_[from[i]];
    });
    return Status::ok();
  }

 private:
  Table table_;
  int64_t count_;
  int threads_;
};

class ByteTable final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.byte_table"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* pointwise = request.op.as<ops::Pointwise>();
    if (pointwise == nullptr) return Verdict::no("not pointwise");
    if (request.outputs.size() != 1 or not is_byte(request.outputs[0].dtype) or not is_byte(request.inputs[0].type.dtype))
      return Verdict::no("not from bytes to bytes");
    if (request.inputs[0].constant != nullptr or request.inputs[0].type.shape != request.outputs[0].shape)
      return Verdict::no("the bytes are constant, or broadcast");
    for (size_t i = 1; i < request.inputs.size(); ++i)
      if (request.inputs[i].constant == nullptr or request.inputs[i].constant->size() != 1)
        return Verdict::no("it reads more than one tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Dims dims = request.output_dims();
    std::vector<Layout> layouts{Layout::row_major(dims.size())};
    if (dims.size() >= 3) layouts.push_back(Layout::channels_last(dims.size()));
    for (const Layout& layout : layouts) {
      Variant variant;
      for (const tactics::Operand& input : request.inputs) variant.inputs.push_back(tactics::plain_format(input.type));
      variant.inputs[0].layout = layout;
      variant.outputs = {{request.outputs[0].dtype, layout}};
      if (variant.inputs[0] == variant.outputs[0]) variant.in_place = 0;
      variant.keeps_constant.assign(request.inputs.size(), true);
      variant.keeps_constant[0] = false;
      variant.estimate = static_cast<double>(element_count(dims)) * 0.4e-9 / request.target.threads;
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant&) const override {
    return std::make_unique<ByteTableKernel>(table_of(request), element_count(request.output_dims()), context.threads());
  }
};

}  // namespace

void register_byte_table(tactics::Registry& registry) { registry.add(std::make_unique<ByteTable>()); }

}  // namespace burnish::cpu
