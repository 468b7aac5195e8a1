// Attention without the full score matrix: for a block of queries of one head, oneDNN makes the scores, our rows the softmax, oneDNN the result,
// all while the block is in the cache. Heads and blocks are shared out over the threads. Token-major operands ([B,S,H,D] in memory) are
// taken as they lie, so that the transposes around attention need no step.
#include "backends/cpu/onednn/attention_products.h"

#include <algorithm>
#include <limits>

#include "backends/cpu/kernels/rows.h"
#include "backends/cpu/onednn/frame_pool.h"
#include "backends/cpu/onednn/onednn.h"
#include "backends/cpu/simd/row_functions.h"
#include "base/error.h"
#include "base/parallel.h"
#include "ops/operator.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;
using Problem = AttentionProblem;
using Products = AttentionProducts;

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Bytes one thread works with: scores, narrow weights, and the larger scratchpad of the two products.
struct Scratch {
  int64_t narrow_at = 0, pad_at = 0, bytes = 0;
};

Scratch scratch_of(const Problem& problem, const std::vector<Products>& products) {
  Scratch scratch;
  const int64_t scores = problem.block * problem.columns;
  scratch.narrow_at = aligned(scores * 4);
  scratch.pad_at = scratch.narrow_at + (problem.storage == DType::f32 ? 0 : aligned(scores * 2));
  int64_t pad = 0;
  const auto fit = [&](const dnnl::matmul::primitive_desc& one) {
    pad = std::max(pad, static_cast<int64_t>(one.scratchpad_desc().get_size()));
  };
  for (const Products& one : products) {
    std::ranges::for_each(one.scores, fit);
    fit(one.result);
  }
  scratch.bytes = scratch.pad_at + aligned(pad);
  return scratch;
}

/// A product with its own memory objects.
class Call {
 public:
  explicit Call(const dnnl::matmul::primitive_desc& descriptor) : primitive_(descriptor), stream_(engine()) {
    const auto add = [&](int slot, const memory::desc& desc) {
      memories_.emplace_back(desc, engine(), nullptr);
      arguments_.push_back({slot, memories_.back().get()});
    };
    memories_.reserve(4);
    add(DNNL_ARG_SRC, descriptor.src_desc());
    add(DNNL_ARG_WEIGHTS, descriptor.weights_desc());
    add(DNNL_ARG_DST, descriptor.dst_desc());
    add(DNNL_ARG_SCRATCHPAD, descriptor.scratchpad_desc());
  }

  bool run(const void* left, const void* right, void* to, void* scratchpad) {
    const std::array<void*, 4> data{const_cast<void*>(left), const_cast<void*>(right), to, scratchpad};
    for (size_t i = 0; i < data.size(); ++i) dnnl_memory_set_data_handle(memories_[i].get(), data[i]);
    return dnnl_primitive_execute(primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data()) == dnnl_success;
  }

 private:
  dnnl::matmul primitive_;
  dnnl::stream stream_;
  std::vector<memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

/// The calls of one thread: for whole blocks and, where the rows do not divide, for the last one.
struct BlockCalls {
  std::vector<Call> scores;
  Call result;
};
using ThreadCalls = std::vector<BlockCalls>;
struct Frame {
  std::vector<ThreadCalls> threads;
};

class AttentionKernel final : public Kernel {
 public:
  AttentionKernel(const Problem& problem, std::vector<Products> products, int threads)
      : problem_(problem), products_(std::move(products)), scratch_(scratch_of(problem_, products_)), threads_(threads), frames_([this] {
          return make_frame();
        }) {}

  Status run(tactics::RunContext&, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void* workspace) const noexcept override {
    std::unique_ptr<Frame> frame = frames_.take();
    if (frame == nullptr) return {StatusCode::resource_exhausted, "oneDNN could not make the arguments of attention"};
    const int64_t blocks = (problem_.rows + problem_.block - 1) / problem_.block;
    const int64_t items = problem_.heads * blocks;
    const int64_t parts = std::min<int64_t>(threads_, items);
    std::atomic<bool> failed{false};
    parallel_for(parts, 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part)
        for (int64_t item = items * part / parts; item < items * (part + 1) / parts; ++item)
          if (not run_block(frame->threads[static_cast<size_t>(part)], in, out, static_cast<std::byte*>(workspace) + part * scratch_.bytes,
                            item / blocks, item % blocks))
            failed = true;
    });
    frames_.give_back(std::move(frame));
    return failed ? Status(StatusCode::internal, "oneDNN could not run a product of attention") : Status::ok();
  }

 private:
  std::unique_ptr<Frame> make_frame() const {
    auto frame = std::make_unique<Frame>();
    for (int i = 0; i < threads_; ++i) {
      ThreadCalls calls;
      for (const Products& one : products_)
        calls.push_back({.scores = std::vector<Call>(one.scores.begin(), one.scores.end()), .result = Call(one.result)});
      frame->threads.push_back(std::move(calls));
    }
    return frame;
  }

  int64_t offset(const AttentionOperand& operand, int64_t head, int64_t row) const {
    const int64_t heads = problem_.query.dims[1];
    return head / heads * operand.strides[0] + head % heads * operand.strides[1] + row * operand.strides[2];
  }
  const std::byte* at(const tactics::BufferRef& buffer, const AttentionOperand& operand, int64_t head, int64_t row) const {
    return buffer.data + offset(operand, head, row) * static_cast<int64_t>(byte_size(problem_.storage));
  }

  bool run_block(ThreadCalls& calls, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out, std::byte* scratch,
                 int64_t head, int64_t block) const {
    const int64_t first = block * problem_.block;
    const int64_t rows = std::min(problem_.block, problem_.rows - first);
    const size_t which = rows == problem_.block ? 0 : 1;
    auto* scores = reinterpret_cast<float*>(scratch);
    std::byte* narrow = scratch + scratch_.narrow_at;
    BlockCalls& call = calls[which];
    for (size_t i = 0; i < call.scores.size(); ++i) {
      const int64_t column = static_cast<int64_t>(i) * products_[which].chunk;
      if (not call.scores[i].run(at(in[0], problem_.query, head, first), at(in[1], problem_.key, head, column), scores + column,
                                 scratch + scratch_.pad_at))
        return false;
    }
    const bool narrows = problem_.storage != DType::f32;
    for (int64_t row = 0; row < rows; ++row) {
      float* line = scores + row * problem_.columns;
      softmax(line, problem_.has_mask ? in[3].data : nullptr, head, first + row);
      if (narrows) tile_store(problem_.storage)(line, narrow + row * problem_.columns * 2, static_cast<size_t>(problem_.columns));
    }
    const void* weights = narrows ? static_cast<const void*>(narrow) : scores;
    std::byte* to = const_cast<std::byte*>(at(out[0], problem_.result, head, first));
    return call.result.run(weights, at(in[2], problem_.value, head, 0), to, scratch + scratch_.pad_at);
  }

  void softmax(float* line, const std::byte* mask, int64_t head, int64_t row) const {
    const RowFunctions& rows = row_functions();
    int64_t columns = problem_.columns;
    if (problem_.causal and row + 1 < columns) {
      std::fill(line + row + 1, line + columns, 0.0F);
      columns = row + 1;
    }
    const auto count = static_cast<size_t>(columns);
    float scale = problem_.scale;
    if (mask != nullptr) {
      add_mask(line, count, mask, offset(problem_.mask, head, row), problem_.mask.strides[3]);
      scale = 1;
    }
    const float top = scale >= 0 ? rows.max(line, count) * scale : rows.min(line, count) * scale;
    const float sum = rows.exp_sum(line, line, count, scale, top);
    rows.affine(line, line, count, 1 / sum, 0);
  }

  void add_mask(float* line, size_t count, const std::byte* mask, int64_t from, int64_t stride) const {
    row_functions().affine(line, line, count, problem_.scale, 0);
    if (problem_.boolean_mask) {
      for (size_t i = 0; i < count; ++i)
        if (mask[from + static_cast<int64_t>(i) * stride] == std::byte{0}) line[i] = -std::numeric_limits<float>::infinity();
      return;
    }
    const float* values = reinterpret_cast<const float*>(mask) + from;
    if (stride == 1) row_functions().accumulate(values, line, count);
    else
      for (size_t i = 0; i < count; ++i) line[i] += values[static_cast<int64_t>(i) * stride];
  }

  Problem problem_;
  std::vector<Products> products_;
  Scratch scratch_;
  int threads_;
  FramePool<Frame> frames_;
};

std::vector<Products> all_products(const Problem& problem) {
  std::vector<Products> made;
  const auto add = [&](int64_t rows) {
    if (auto products = attention_products(problem, rows)) made.push_back(std::move(*products));
    else fail("oneDNN {} has no product for {} rows of attention", version_text(), rows);
  };
  add(problem.block);
  if (problem.rows % problem.block != 0) add(problem.rows % problem.block);
  return made;
}

/// Tokens before heads in memory: [B,S,H,D] for logical [B,H,S,D], [B,T,H,D] for the transposed key [B,H,D,T].
Layout token_major(size_t rank, bool transposed) {
  if (rank == 4) return {transposed ? std::vector<uint8_t>{0, 3, 1, 2} : std::vector<uint8_t>{0, 2, 1, 3}, {}};
  if (rank == 3) return {transposed ? std::vector<uint8_t>{2, 0, 1} : std::vector<uint8_t>{1, 0, 2}, {}};
  return Layout::row_major(rank);
}

class AttentionTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.attention"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::Attention>()) return Verdict::no("not attention");
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    for (size_t i = 0; i < 3; ++i) {
      if (request.inputs[i].type.dtype != DType::f32) return Verdict::no("only f32");
      if (request.inputs[i].type.shape.rank() != request.inputs[0].type.shape.rank() or request.inputs[i].type.shape.rank() > 4)
        return Verdict::no("queries, keys and values differ in rank");
      if (element_count(request.dims(i)) == 0) return Verdict::no("an empty tensor");
    }
    const Dims query = request.dims(0);
    for (size_t axis = 0; axis + 2 < query.size(); ++axis)
      if (request.dims(1)[axis] != query[axis] or request.dims(2)[axis] != query[axis])
        return Verdict::no("heads are shared between queries");
    if (request.inputs.size() > 3 and request.inputs[3].present and request.inputs[3].type.dtype != DType::f32 and
        request.inputs[3].type.dtype != DType::boolean)
      return Verdict::no("the mask is neither f32 nor boolean");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const size_t rank = request.dims(0).size();
    for_each_storage(request, [&](DType storage) {
      if (storage == DType::f16) return;
      for (const bool tokens : {true, false}) {
        if (tokens and rank < 3) continue;
        for (const bool key_tokens : {true, false})
          if (key_tokens == tokens or (tokens and request.op.as<ops::Attention>()->transposed_k))
            offer(request, storage, tokens, key_tokens, sink);
      }
    });
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = attention_problem(request, variant);
    return std::make_unique<AttentionKernel>(problem, all_products(problem), context.threads());
  }

 private:
  static void offer(const OpRequest& request, DType storage, bool tokens, bool key_tokens, VariantSink& sink) {
    const size_t rank = request.dims(0).size();
    const bool transposed = request.op.as<ops::Attention>()->transposed_k;
    Variant variant;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      const auto& input = request.inputs[i];
      const bool token = i == 1 ? key_tokens : tokens;
      if (i < 3)
        variant.inputs.push_back(
            {storage, token and input.constant == nullptr ? token_major(rank, i == 1 and transposed) : Layout::row_major(rank)});
      else variant.inputs.push_back(input.present ? tactics::plain_format(input.type) : Format{});
      if (i < 3 and input.constant != nullptr and storage != DType::f32) return;
    }
    variant.outputs = {{storage, tokens ? token_major(rank, false) : Layout::row_major(rank)}};
    const Problem problem = attention_problem(request, variant);
    const auto products = attention_products(problem, problem.block);
    if (not products or is_reference(products->scores.front().impl_info_str()) or is_reference(products->result.impl_info_str())) {
      sink.refuse(variant.text(), "oneDNN has no fast product for it");
      return;
    }
    variant.workspace = scratch_of(problem, all_products(problem)).bytes * request.target.threads;
    const double flops =
        2.0 * static_cast<double>(problem.heads * problem.rows * problem.columns) * static_cast<double>(problem.depth + problem.width);
    variant.estimate = estimate(request, variant, {storage, storage, false}, products->scores.front().impl_info_str(), flops) * 1.3;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_attention(tactics::Registry& registry) { registry.add(std::make_unique<AttentionTactic>()); }

}  // namespace burnish::cpu
