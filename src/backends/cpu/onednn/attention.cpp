// Attention without the full score matrix: for a block of queries of one head, oneDNN makes the scores, our rows the softmax, oneDNN the result,
// all while the block is in the cache. Heads and blocks are shared out over the threads. Token-major operands ([B,S,H,D] in memory) are
// taken as they lie, so that the transposes around attention need no step.
#include "backends/cpu/onednn/attention_products.h"

#include <algorithm>
#include <atomic>

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
using Products = AttentionProducts;

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Bytes one thread works with: scores, narrow weights, and the larger scratchpad of the two products.
struct Scratch {
  int64_t narrow_at = 0, pad_at = 0, bytes = 0;
};

Scratch scratch_of(const AttentionProblem& problem, const std::vector<Products>& products) {
  Scratch scratch;
  const int64_t scores = rows_of_block(problem) * problem.columns;
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
  AttentionKernel(const AttentionProblem& problem, std::vector<Products> products, int threads)
      : problem_(problem),
        block_(rows_of_block(problem)),
        products_(std::move(products)),
        scratch_(scratch_of(problem_, products_)),
        threads_(threads),
        frames_([this] { return make_frame(); }) {}

  Status run(tactics::RunContext&, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void* workspace) const noexcept override {
    std::unique_ptr<Frame> frame = frames_.take();
    if (frame == nullptr) return {StatusCode::resource_exhausted, "oneDNN could not make the arguments of attention"};
    const int64_t blocks = (problem_.rows + block_ - 1) / block_;
    const int64_t items = problem_.heads * blocks;
    std::atomic<bool> failed{false};
    share_out(threads_, items, [&](int64_t item, int thread) {
      std::byte* scratch = static_cast<std::byte*>(workspace) + thread * scratch_.bytes;
      if (not run_block(frame->threads[static_cast<size_t>(thread)], in, out, scratch, item / blocks, item % blocks)) failed = true;
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

  bool run_block(ThreadCalls& calls, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out, std::byte* scratch,
                 int64_t head, int64_t block) const {
    const int64_t first = block * block_;
    const int64_t rows = std::min(block_, problem_.rows - first);
    const size_t which = rows == block_ ? 0 : 1;
    auto* scores = reinterpret_cast<float*>(scratch);
    std::byte* narrow = scratch + scratch_.narrow_at;
    BlockCalls& call = calls[which];
    for (size_t i = 0; i < call.scores.size(); ++i) {
      const int64_t column = static_cast<int64_t>(i) * products_[which].chunk;
      if (not call.scores[i].run(row_at(problem_, problem_.query, in[0], head, first), row_at(problem_, problem_.key, in[1], head, column),
                                 scores + column, scratch + scratch_.pad_at))
        return false;
    }
    const bool narrows = problem_.storage != DType::f32;
    for (int64_t row = 0; row < rows; ++row) {
      float* line = scores + row * problem_.columns;
      const float sum = exponentials(problem_, line, problem_.columns, problem_.has_mask ? in[3].data : nullptr, head, first + row);
      row_functions().affine(line, line, static_cast<size_t>(problem_.columns), 1 / sum, 0);
      if (narrows) tile_store(problem_.storage)(line, narrow + row * problem_.columns * 2, static_cast<size_t>(problem_.columns));
    }
    const void* weights = narrows ? static_cast<const void*>(narrow) : scores;
    std::byte* to = const_cast<std::byte*>(row_at(problem_, problem_.result, out[0], head, first));
    return call.result.run(weights, row_at(problem_, problem_.value, in[2], head, 0), to, scratch + scratch_.pad_at);
  }

  AttentionProblem problem_;
  int64_t block_;
  std::vector<Products> products_;
  Scratch scratch_;
  int threads_;
  FramePool<Frame> frames_;
};

std::vector<Products> all_products(const AttentionProblem& problem) {
  std::vector<Products> made;
  const auto add = [&](int64_t rows) {
    if (auto products = attention_products(problem, rows)) made.push_back(std::move(*products));
    else fail("oneDNN {} has no product for {} rows of attention", version_text(), rows);
  };
  const int64_t block = rows_of_block(problem);
  add(block);
  if (problem.rows % block != 0) add(problem.rows % block);
  return made;
}

class AttentionTactic final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.attention"; }
  uint32_t revision() const override { return 2; }

  Verdict supports(const OpRequest& request) const override { return supports_attention(request); }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    for_each_storage(request, [&](DType storage) {
      if (storage == DType::f16) return;
      for_each_attention_layout(request, storage, [&](Variant variant) { offer(request, std::move(variant), sink); });
    });
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const AttentionProblem problem = attention_problem(request, variant);
    return std::make_unique<AttentionKernel>(problem, all_products(problem), context.threads());
  }

 private:
  static void offer(const OpRequest& request, Variant variant, VariantSink& sink) {
    const DType storage = variant.inputs[0].storage;
    const AttentionProblem problem = attention_problem(request, variant);
    const auto products = attention_products(problem, rows_of_block(problem));
    if (not products or is_reference(products->scores.front().impl_info_str()) or is_reference(products->result.impl_info_str())) {
      sink.refuse(variant.text(), "oneDNN has no fast product for it");
      return;
    }
    variant.workspace = scratch_of(problem, all_products(problem)).bytes * request.target.threads;
    variant.estimate =
        estimate(request, variant, {storage, storage, false}, products->scores.front().impl_info_str(), attention_flops(problem)) * 1.3;
    sink.offer(std::move(variant));
  }
};

}  // namespace

void register_attention(tactics::Registry& registry) { registry.add(std::make_unique<AttentionTactic>()); }

}  // namespace burnish::cpu
