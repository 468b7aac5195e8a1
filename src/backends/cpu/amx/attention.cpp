// Attention in bf16 with tiles: a thread packs the keys and values of a head once, then takes 32 queries after another: scores, softmax and result stay
// in its cache. Libraries pack the same keys again for every block of queries, and leave the tiles idle for products as shallow as a head.
// Exponentials are rounded to bf16 before they are divided by their sum, which the results are instead, in f32.
#include <algorithm>
#include <array>

#include "backends/cpu/amx/tiles.h"
#include "backends/cpu/kernels/attention/attention_rows.h"
#include "backends/cpu/machine.h"
#include "backends/cpu/simd/row_functions.h"
#include "backends/cpu/simd/tile_steps.h"
#include "base/parallel.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace amx;
using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// Operands in tiles, and where one thread keeps what it works with, in bytes of its part of the workspace.
struct Places {
  PackedRight keys, values;
  int64_t keys_at = 0, values_at = 0, queries_at = 0, scores_at = 0, weights_at = 0, results_at = 0, bytes = 0;

  explicit Places(const AttentionProblem& problem) : keys{problem.depth, problem.columns}, values{problem.columns, problem.width} {
    const auto take = [this](int64_t elements, int64_t size) {
      const int64_t at = bytes;
      bytes += padded(elements * size, 64);
      return at;
    };
    keys_at = take(keys.elements(), 2);
    values_at = take(values.elements(), 2);
    queries_at = take(block_rows * depth(), 2);
    scores_at = take(block_rows * columns(), 4);
    weights_at = take(block_rows * columns(), 2);
    results_at = take(block_rows * width(), 4);
  }
  int64_t depth() const { return padded(keys.depth, tile_depth); }
  int64_t columns() const { return padded(keys.columns, panel_columns); }
  int64_t width() const { return padded(values.columns, panel_columns); }
};

class AmxAttentionKernel final : public tactics::Kernel {
 public:
  AmxAttentionKernel(const AttentionProblem& problem, int threads) : problem_(problem), places_(problem), threads_(threads) {
    const int64_t wanted = threads_ > 1 ? int64_t{4} * threads_ : 1;  // tasks, so that threads end together
    blocks_ = (problem.rows + block_rows - 1) / block_rows;
    parts_ = std::clamp<int64_t>((wanted + problem.heads - 1) / problem.heads, 1, blocks_);
  }

  Status run(tactics::RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    share_out(threads_, problem_.heads * parts_, [&](int64_t task, int thread) {
      const TileScope tiles;
      std::byte* scratch = static_cast<std::byte*>(workspace) + thread * places_.bytes;
      const int64_t head = task / parts_, part = task % parts_;
      pack(in, scratch, head);
      for (int64_t block = blocks_ * part / parts_; block < blocks_ * (part + 1) / parts_; ++block)
        run_block(in, out, scratch, head, block * block_rows);
    });
    return Status::ok();
  }

 private:
  template <class Element>
  static Element* at(std::byte* scratch, int64_t place) {
    return reinterpret_cast<Element*>(scratch + place);
  }
  const uint16_t* elements(const AttentionOperand& operand, const BufferRef& buffer, int64_t head, int64_t row) const {
    return reinterpret_cast<const uint16_t*>(row_at(problem_, operand, buffer, head, row));
  }

  void pack(std::span<const BufferRef> in, std::byte* scratch, int64_t head) const {
    const auto& key = problem_.key.strides;
    const auto& value = problem_.value.strides;
    amx::pack(places_.keys, elements(problem_.key, in[1], head, 0), key[3], key[2], at<uint16_t>(scratch, places_.keys_at));
    amx::pack(places_.values, elements(problem_.value, in[2], head, 0), value[2], value[3], at<uint16_t>(scratch, places_.values_at));
  }

  void run_block(std::span<const BufferRef> in, std::span<const BufferRef> out, std::byte* scratch, int64_t head, int64_t first) const {
    const int64_t rows = std::min(block_rows, problem_.rows - first);
    const int64_t seen = problem_.causal ? std::min(first + rows, problem_.columns) : problem_.columns;
    const int64_t panels = padded(seen, panel_columns) / panel_columns;
    auto* scores = at<float>(scratch, places_.scores_at);
    auto* weights = at<uint16_t>(scratch, places_.weights_at);
    auto* results = at<float>(scratch, places_.results_at);
    const int64_t columns = places_.columns();
    multiply(queries(in, scratch, head, first, rows), places_.keys, at<uint16_t>(scratch, places_.keys_at), panels,
             places_.keys.tiles_deep(), {scores, columns});
    std::array<float, block_rows> sums{};
    for (int64_t row = 0; row < rows; ++row) {
      float* line = scores + row * columns;
      sums[static_cast<size_t>(row)] = exponentials(problem_, line, seen, problem_.has_mask ? in[3].data : nullptr, head, first + row);
      std::fill(line + seen, line + panels * panel_columns, 0.0F);
      narrow_(line, weights + row * columns, static_cast<size_t>(panels * panel_columns));
    }
    multiply({weights, columns}, places_.values, at<uint16_t>(scratch, places_.values_at), places_.values.panels(), panels,
             {results, places_.width()});
    for (int64_t row = 0; row < rows; ++row) {
      float* line = results + row * places_.width();
      const auto width = static_cast<size_t>(problem_.width);
      row_functions().affine(line, line, width, 1 / sums[static_cast<size_t>(row)], 0);
      narrow_(line, out[0].data + row_offset(problem_, problem_.result, head, first + row) * 2, width);
    }
  }

  /// Copied, because rows and depth may end within a tile.
  LeftBlock queries(std::span<const BufferRef> in, std::byte* scratch, int64_t head, int64_t first, int64_t rows) const {
    auto* to = at<uint16_t>(scratch, places_.queries_at);
    const int64_t depth = places_.depth();
    for (int64_t row = 0; row < block_rows; ++row, to += depth) {
      if (row < rows) std::copy_n(elements(problem_.query, in[0], head, first + row), problem_.depth, to);
      std::fill(to + (row < rows ? problem_.depth : 0), to + depth, uint16_t{0});
    }
    return {at<uint16_t>(scratch, places_.queries_at), depth};
  }

  AttentionProblem problem_;
  Places places_;
  int threads_;
  int64_t blocks_ = 1;
  int64_t parts_ = 1;  // of a head's blocks, for each of which keys and values are packed
  TileStore narrow_ = tile_store(DType::bf16);
};

class AmxAttention final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.amx.attention"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not has_tiles()) return Verdict::no("the processor has no tiles for bf16");
    if (not request.permits(DType::bf16)) return Verdict::no("bf16 is not permitted");
    return supports_attention(request);
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for_each_attention_layout(request, DType::bf16, [&](Variant variant) {
      const AttentionProblem problem = attention_problem(request, variant);
      if (problem.query.strides[3] != 1 or problem.result.strides[3] != 1) return;
      variant.workspace = Places(problem).bytes * request.target.threads;
      double bytes = 0;
      for (size_t i = 0; i < 3; ++i) bytes += static_cast<double>(tactics::stored_bytes(variant.inputs[i], request.dims(i)));
      variant.estimate = roofline(request.target.threads, DType::bf16, attention_flops(problem), bytes, 0.15);
      sink.offer(std::move(variant));
    });
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<AmxAttentionKernel>(attention_problem(request, variant), context.threads());
  }
};

}  // namespace

void register_amx_attention(tactics::Registry& registry) { registry.add(std::make_unique<AmxAttention>()); }

}  // namespace burnish::cpu
