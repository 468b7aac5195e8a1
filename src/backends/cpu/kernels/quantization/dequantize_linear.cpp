// DequantizeLinear by blocks, from integers of 2, 4 or 8 bits (a byte each in memory) to f32: what remains of weights kept in few bits. Blocks lie
// along the last axis, with one scale for a run of elements, or along an earlier one, with a scale for every element of a row.
#include <algorithm>

#include "backends/cpu/kernels/rows.h"
#include "base/isa.h"
#include "base/parallel.h"
#include "ops/axes.h"
#include "ops/quantize.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// The loops are marked, because the compiler leaves loops of unknown length alone. `shift`: of 32 bits, those above the number's own. They do not count.
struct Widen {
  BURNISH_FOR_EACH_ISA static void run(const uint8_t* q, float* out, int64_t count, unsigned shift, bool is_signed, float scale,
                                       float zero) {
    if (is_signed) {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i)
        out[i] = (static_cast<float>(static_cast<int32_t>(static_cast<uint32_t>(q[i]) << shift) >> shift) - zero) * scale;
    } else {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i)
        out[i] = (static_cast<float>(static_cast<int32_t>((static_cast<uint32_t>(q[i]) << shift) >> shift)) - zero) * scale;
    }
  }
  BURNISH_FOR_EACH_ISA static void row(const uint8_t* q, float* out, int64_t count, unsigned shift, bool is_signed, const float* scales,
                                       const float* zeros) {
    if (is_signed) {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i)
        out[i] = (static_cast<float>(static_cast<int32_t>(static_cast<uint32_t>(q[i]) << shift) >> shift) - zeros[i]) * scales[i];
    } else {
#pragma omp simd
      for (int64_t i = 0; i < count; ++i)
        out[i] = (static_cast<float>(static_cast<int32_t>((static_cast<uint32_t>(q[i]) << shift) >> shift)) - zeros[i]) * scales[i];
    }
  }
};

/// The tensor as [outer, extent, inner], with blocks along the extent.
struct Blocks {
  int64_t outer = 1, extent = 1, inner = 1, block = 1, count = 1;
};

size_t axis_of(const OpRequest& request) {
  return ops::normalized_axis(request.op.as<ops::DequantizeLinear>()->axis, request.dims(0).size());
}

Blocks blocks_of(const OpRequest& request) {
  const Dims dims = request.dims(0);
  const size_t axis = axis_of(request);
  return {product(dims, 0, axis), dims[axis], product(dims, axis + 1, dims.size()), request.op.as<ops::DequantizeLinear>()->block_size,
          request.dims(1)[axis]};
}

bool has_zero_point(const OpRequest& request) { return request.inputs.size() > 2 and request.inputs[2].present; }

class DequantizeKernel final : public tactics::Kernel {
 public:
  explicit DequantizeKernel(const OpRequest& request)
      : blocks_(blocks_of(request)),
        shift_(32 - static_cast<unsigned>(bit_width(request.inputs[0].type.dtype))),
        is_signed_(is_signed_integer(request.inputs[0].type.dtype)),
        scales_(floats_of(*request.inputs[1].constant)),
        zeros_(has_zero_point(request) ? floats_of(*request.inputs[2].constant) : std::vector<float>(scales_.size(), 0)) {}

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void*) const noexcept override {
    const auto* q = reinterpret_cast<const uint8_t*>(in[0].data);
    auto* y = reinterpret_cast<float*>(out[0].data);
    constexpr int64_t grain = 32768;
    const auto rows_at_least = [](int64_t row) { return std::max<int64_t>(1, grain / std::max<int64_t>(1, row)); };
    if (blocks_.inner == 1) {
      parallel_for(blocks_.outer, rows_at_least(blocks_.extent), [&](int64_t first, int64_t last) {
        for (int64_t row = first; row < last; ++row) run_row(q + row * blocks_.extent, y + row * blocks_.extent, row * blocks_.count);
      });
      return Status::ok();
    }
    parallel_for(blocks_.outer * blocks_.extent, rows_at_least(blocks_.inner), [&](int64_t first, int64_t last) {
      for (int64_t row = first; row < last; ++row) {
        const int64_t block = row / blocks_.extent * blocks_.count + row % blocks_.extent / blocks_.block;
        const auto at = static_cast<size_t>(block * blocks_.inner);
        Widen::row(q + row * blocks_.inner, y + row * blocks_.inner, blocks_.inner, shift_, is_signed_, &scales_[at], &zeros_[at]);
      }
    });
    return Status::ok();
  }

 private:
  void run_row(const uint8_t* q, float* y, int64_t first_block) const {
    for (int64_t i = 0; i < blocks_.count; ++i) {
      const int64_t begin = i * blocks_.block;
      const auto at = static_cast<size_t>(first_block + i);
      Widen::run(q + begin, y + begin, std::min(blocks_.block, blocks_.extent - begin), shift_, is_signed_, scales_[at], zeros_[at]);
    }
  }

  Blocks blocks_;
  unsigned shift_;
  bool is_signed_;
  std::vector<float> scales_, zeros_;
};

class DequantizeBlocks final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.simd.dequantize_blocks"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const auto* dequantize = request.op.as<ops::DequantizeLinear>();
    if (dequantize == nullptr) return Verdict::no("not a dequantization");
    if (dequantize->block_size == 0) return Verdict::no("not by blocks");
    const DType type = request.inputs[0].type.dtype;
    if (not is_integer(type) or bit_width(type) > 8) return Verdict::no("not integers of at most 8 bits");
    if (request.outputs[0].dtype != DType::f32 or request.inputs[1].type.dtype != DType::f32) return Verdict::no("only to f32");
    for (size_t i = 1; i < request.inputs.size(); ++i)
      if (request.inputs[i].present and request.inputs[i].constant == nullptr) return Verdict::no("scales or zero points are not constant");
    if (element_count(request.dims(0)) == 0) return Verdict::no("an empty tensor");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    Variant variant;
    for (const tactics::Operand& input : request.inputs) {
      variant.inputs.push_back(input.present ? tactics::plain_format(input.type) : tactics::Format{});
      variant.keeps_constant.push_back(true);
    }
    variant.keeps_constant[0] = false;
    variant.outputs = {tactics::plain_format(request.outputs[0])};
    variant.estimate = static_cast<double>(element_count(request.dims(0))) * 0.3e-9 / request.target.threads;
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext&, const OpRequest& request, const Variant&) const override {
    return std::make_unique<DequantizeKernel>(request);
  }
};

}  // namespace

void register_dequantize_linear(tactics::Registry& registry) { registry.add(std::make_unique<DequantizeBlocks>()); }

}  // namespace burnish::cpu
