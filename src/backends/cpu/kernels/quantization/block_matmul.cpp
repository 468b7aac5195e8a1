// BlockMatMul of few rows: each thread takes a part of the outputs, and reads every weight once for up to four rows of x. What bounds it is how fast
// the narrow weights arrive, or are widened.
#include "ops/block_matmul.h"

#include <algorithm>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/machine.h"
#include "backends/cpu/simd/block_dot.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;
using Op = ops::BlockMatMul;

struct Sizes {
  PackedRow row;
  int64_t rows = 0;     // of x
  int64_t outputs = 0;  // for each row
};

Sizes sizes_of(const OpRequest& request) {
  const Dims x = request.dims(Op::x), w = request.dims(Op::w);
  return {.row = {.bits = static_cast<unsigned>(bit_width(request.inputs[Op::w].type.dtype)),
                  .columns = static_cast<size_t>(w[1]),
                  .block = static_cast<size_t>(request.op.as<Op>()->block_size)},
          .rows = product(x, 0, x.size() - 1),
          .outputs = w[0]};
}

/// What signed integers have added when they are packed.
int64_t shift_of(DType dtype) { return is_signed_integer(dtype) ? int64_t{1} << (bit_width(dtype) - 1) : 0; }

Tensor packed(const Tensor& weights, const Sizes& sizes) {
  Tensor words = Tensor::uninitialized(DType::u32, {sizes.outputs, static_cast<int64_t>(sizes.row.words())});
  const std::span<uint32_t> to = words.mutable_values<uint32_t>();
  const int64_t shift = shift_of(weights.dtype());
  std::vector<uint8_t> integers(sizes.row.columns);
  for (int64_t n = 0; n < sizes.outputs; ++n) {
    for (size_t k = 0; k < integers.size(); ++k)
      integers[k] = static_cast<uint8_t>(weights.integer(n * static_cast<int64_t>(integers.size()) + static_cast<int64_t>(k)) + shift);
    pack_row(sizes.row, integers, to.subspan(static_cast<size_t>(n) * sizes.row.words(), sizes.row.words()));
  }
  return words;
}

/// What a block's sum of x is multiplied by: minus its scale times its zero point.
std::vector<float> offsets_of(const OpRequest& request, const std::vector<float>& scales) {
  std::vector<float> offsets(scales.size());
  const auto& inputs = request.inputs;
  const bool has_zero_point = inputs.size() > Op::zero_point and inputs[Op::zero_point].present;
  const int64_t shift = shift_of(inputs[Op::w].type.dtype);
  for (size_t i = 0; i < offsets.size(); ++i) {
    const int64_t zero = has_zero_point ? inputs[Op::zero_point].constant->integer(static_cast<int64_t>(i)) : 0;
    offsets[i] = -scales[i] * static_cast<float>(zero + shift);
  }
  return offsets;
}

/// Floats of workspace for one row of x, in whole cache lines.
int64_t row_floats(const PackedRow& row) { return static_cast<int64_t>((row.prepared() + row.blocks() + 15) / 16 * 16); }

class BlockMatMulKernel final : public tactics::Kernel {
 public:
  BlockMatMulKernel(const OpRequest& request, Tensor words)
      : sizes_(sizes_of(request)),
        words_(std::move(words)),
        scales_(floats_of(*request.inputs[Op::scale].constant)),
        offsets_(offsets_of(request, scales_)) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(in[Op::x].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    auto* prepared = static_cast<float*>(workspace);
    const PackedRow& row = sizes_.row;
    const int64_t stride = row_floats(row);
    for (int64_t r = 0; r < sizes_.rows; ++r)
      prepare_row(row, x + r * static_cast<int64_t>(row.columns), prepared + r * stride, prepared + r * stride + row.prepared());
    constexpr int64_t grain = 65536;  // weights, below which a second thread costs more than it brings
    parallel_for(sizes_.outputs, std::max<int64_t>(1, grain / static_cast<int64_t>(row.columns)), [&](int64_t first, int64_t last) {
      for (int64_t n = first; n < last; ++n) run_output(n, prepared, stride, y);
    });
    return Status::ok();
  }

 private:
  void run_output(int64_t n, const float* prepared, int64_t stride, float* y) const {
    const PackedRow& row = sizes_.row;
    const uint32_t* words = words_.values<uint32_t>().data() + static_cast<size_t>(n) * row.words();
    const size_t block = static_cast<size_t>(n) * row.blocks();
    for (int64_t first = 0; first < sizes_.rows; first += BlockRows::most) {
      BlockRows rows{.count = std::min(BlockRows::most, static_cast<size_t>(sizes_.rows - first))};
      for (size_t r = 0; r < rows.count; ++r) {
        rows.x[r] = prepared + (first + static_cast<int64_t>(r)) * stride;
        rows.sums[r] = rows.x[r] + row.prepared();
      }
      std::array<float, BlockRows::most> result{};
      block_dot(row, words, &scales_[block], &offsets_[block], rows, result.data());
      for (size_t r = 0; r < rows.count; ++r) y[(first + static_cast<int64_t>(r)) * sizes_.outputs + n] = result[r];
    }
  }

  Sizes sizes_;
  Tensor words_;
  std::vector<float> scales_, offsets_;
};

class BlockMatMulTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.block_matmul"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<Op>()) return Verdict::no("not a product with weights in blocks");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    for (size_t i = Op::w; i < request.inputs.size(); ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr)
        return Verdict::no("weights, scales or zero points are not constant");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(Op::w)) == 0) return Verdict::no("an empty tensor");
    const PackedRow row = sizes_of(request).row;
    if (row.block % PackedRow::lanes != 0 and row.block < row.columns) return Verdict::no("blocks are not multiples of 16");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Sizes sizes = sizes_of(request);
    Variant variant;
    for (const tactics::Operand& input : request.inputs) {
      variant.inputs.push_back(input.present ? tactics::plain_format(input.type) : tactics::Format{});
      variant.keeps_constant.push_back(variant.inputs.size() > 1);
    }
    variant.outputs = {tactics::plain_format(request.outputs[0])};
    variant.workspace = sizes.rows * row_floats(sizes.row) * static_cast<int64_t>(sizeof(float));
    const double weights = static_cast<double>(sizes.outputs) * static_cast<double>(sizes.row.columns);
    variant.estimate =
        roofline(request.target.threads, DType::f32, 2 * weights * static_cast<double>(sizes.rows), weights * sizes.row.bits / 8, 0.4);
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant&) const override {
    const Sizes sizes = sizes_of(request);
    const auto& weights = request.inputs[Op::w].constant;
    const std::string content = text_of(context.hash_of_constant(weights));
    const Hash128 key = hash_of(fmt::format("block words | {} | {} bits", content, sizes.row.bits));
    Tensor words = context.artifact(key, [&] { return packed(*weights, sizes); });
    const int64_t expected = sizes.outputs * static_cast<int64_t>(sizes.row.words());
    if (words.dtype() != DType::u32 or words.size() != expected)
      fail("packed weights hold {} elements of {} where {} of u32 are needed", words.size(), name_of(words.dtype()), expected);
    return std::make_unique<BlockMatMulKernel>(request, std::move(words));
  }
};

}  // namespace

void register_block_matmul(tactics::Registry& registry) { registry.add(std::make_unique<BlockMatMulTactic>()); }

}  // namespace burnish::cpu
