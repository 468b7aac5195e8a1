// TopK on the GPU, any k and any extent. Up to 1024: every block sorts a piece and passes its best on, until one piece is left. Above: whole
// rows are sorted by bitonic merges in device memory.
#include "backends/cuda/kernels/top_k.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/moves.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/axes.h"
#include "ops/top_k.h"
#include "tactics/registry.h"

namespace burnish::cuda {

std::string top_k_source(SortForm form, DType storage, bool largest, int piece) {
  const std::string type = stored_type(storage), entry = fmt::format("EntryOf<{}, {}>", largest, type);
  std::string text = "#include \"sort.cuh\"\n";
  const auto kernel = [&](std::string_view name, const std::string& parameters, const std::string& call) {
    text +=
        fmt::format("extern \"C\" __global__ void __launch_bounds__(1024) {}({}) {{\n  release_next();\n  wait_for_inputs();\n  {};\n}}\n",
                    name, parameters, call);
  };
  const std::string all =
      fmt::format("const {0}* data, const {1}* from, {1}* to, {0}* values, i64* places, const Ranking ranking", type, entry);
  const auto round = [&](std::string_view name, bool is_first, bool is_last) {
    kernel(name, all,
           fmt::format("sort_round<{}, {}, {}, {}>(data, from, to, values, places, ranking)", largest, is_first, is_last, piece));
  };
  if (form == SortForm::one_piece) round("only", true, true);
  if (form == SortForm::rounds) {
    round("first", true, false);
    round("between", false, false);
    round("last", false, true);
  }
  if (form != SortForm::whole) return text;
  kernel("pieces", fmt::format("const {}* data, {}* to, const Ranking ranking", type, entry),
         fmt::format("sort_pieces<{}, {}>(data, to, ranking)", largest, piece));
  kernel("far", entry + "* entries, u32 row_entries, u32 run, u32 stride, u64 pairs",
         "merge_far(entries, row_entries, run, stride, pairs)");
  kernel("near", entry + "* entries, u32 row_entries, u32 run", fmt::format("merge_near<{}>(entries, row_entries, run)", piece));
  kernel("best", fmt::format("const {0}* data, const {1}* entries, {0}* values, i64* places, const Ranking ranking", type, entry),
         "store_best(entries + static_cast<u64>(blockIdx.x) * ranking.given, data, values, places, ranking, blockIdx.x)");
  return text;
}

namespace {

using tactics::BufferRef;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int64_t largest_piece = 2048, smallest_piece = 64, largest_k_by_rounds = 1024;

struct Sizes {
  int64_t rows, extent, inner, k, entry_bytes;
  int piece;
  SortForm form() const { return extent <= piece ? SortForm::one_piece : k <= largest_k_by_rounds ? SortForm::rounds : SortForm::whole; }
  bool by_rounds() const { return form() != SortForm::whole; }
  int64_t row_entries() const { return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(extent, piece)))); }
  int64_t pieces_of(int64_t given) const { return (given + piece - 1) / piece; }
};

Sizes sizes_of(const OpRequest& request) {
  const Dims dims = request.dims(0);
  const size_t axis = ops::normalized_axis(request.op.as<ops::TopK>()->axis, dims.size());
  Sizes made{.rows = 1, .extent = dims[axis], .inner = 1, .k = request.output_dims()[axis], .entry_bytes = 8, .piece = 0};
  for (size_t i = 0; i < dims.size(); ++i) made.rows *= i == axis ? 1 : dims[i];
  for (size_t i = axis + 1; i < dims.size(); ++i) made.inner *= dims[i];
  made.piece = static_cast<int>(std::clamp<int64_t>(
      static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(std::max<int64_t>(made.extent, 1)))), smallest_piece, largest_piece));
  if (byte_size(request.inputs[0].type.dtype) == 8) made.entry_bytes = 16;
  return made;
}

/// Two buffers of entries that rounds read and write in turn, or one for whole rows.
int64_t buffer_bytes(const Sizes& sizes) {
  const int64_t entries = sizes.by_rounds() ? sizes.pieces_of(sizes.extent) * std::min<int64_t>(sizes.k, sizes.piece) : sizes.row_entries();
  return (sizes.rows * entries * sizes.entry_bytes + 255) / 256 * 256;
}

/// As in sort.cuh.
struct Ranking {
  uint32_t extent, inner, given, pieces, kept, k;
};

class TopKKernel final : public tactics::Kernel {
 public:
  TopKKernel(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) : sizes_(sizes_of(request)) {
    if (sizes_.rows * sizes_.k == 0) return;
    const bool largest = request.op.as<ops::TopK>()->largest;
    code_ = std::make_unique<Code>(context, top_k_source(sizes_.form(), variant.inputs[0].storage, largest, sizes_.piece));
    for (const auto& [form, function, name] : functions)
      if (form == sizes_.form()) functions_[function] = code_->function(name);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    if (sizes_.rows * sizes_.k == 0) return Status::ok();
    std::byte* places = out.size() > 1 ? out[1].data : nullptr;
    const Tensors tensors{in[0].data, out[0].data, places, static_cast<std::byte*>(workspace), context.stream};
    return sizes_.by_rounds() ? run_rounds(tensors) : run_sort(tensors);
  }

 private:
  enum Function { only, first, between, last, pieces, far, near, best };
  struct NamedFunction {
    SortForm form;
    Function function;
    const char* name;
  };
  static constexpr NamedFunction functions[] = {{SortForm::one_piece, only, "only"},    {SortForm::rounds, first, "first"},
                                                {SortForm::rounds, between, "between"}, {SortForm::rounds, last, "last"},
                                                {SortForm::whole, pieces, "pieces"},    {SortForm::whole, far, "far"},
                                                {SortForm::whole, near, "near"},        {SortForm::whole, best, "best"}};
  struct Tensors {
    const std::byte* data;
    std::byte *values, *places, *memory;
    void* stream;
  };

  Ranking ranking(int64_t given, int64_t pieces_of_row) const {
    return {static_cast<uint32_t>(sizes_.extent),
            static_cast<uint32_t>(sizes_.inner),
            static_cast<uint32_t>(given),
            static_cast<uint32_t>(pieces_of_row),
            static_cast<uint32_t>(std::min<int64_t>(sizes_.k, sizes_.piece)),
            static_cast<uint32_t>(sizes_.k)};
  }

  Status go(Function function, int64_t blocks, std::span<const void*> arguments, void* stream) const noexcept {
    Grid grid;
    grid.threads = static_cast<unsigned>(std::min(sizes_.piece / 2, 1024));
    grid.blocks[0] = static_cast<unsigned>(blocks);
    grid.may_start_early = true;
    return launch(functions_[function], grid, {const_cast<void**>(arguments.data()), arguments.size()}, stream);
  }

  Status run_rounds(const Tensors& t) const noexcept {
    int64_t given = sizes_.extent;
    for (int round = 0;; ++round) {
      const int64_t pieces_of_row = sizes_.pieces_of(given);
      const Ranking r = ranking(given, pieces_of_row);
      const std::byte* from = t.memory + (round % 2 == 0 ? buffer_bytes(sizes_) : 0);
      std::byte* to = t.memory + (round % 2 == 0 ? 0 : buffer_bytes(sizes_));
      const bool is_last = pieces_of_row == 1;
      const Function function = round == 0 ? (is_last ? only : first) : is_last ? last : between;
      std::array<const void*, 6> arguments{&t.data, &from, &to, &t.values, &t.places, &r};
      if (Status status = go(function, sizes_.rows * pieces_of_row, arguments, t.stream); not status or is_last) return status;
      given = pieces_of_row * r.kept;
    }
  }

  Status run_sort(const Tensors& t) const noexcept {
    const auto row_entries = static_cast<uint32_t>(sizes_.row_entries());
    const int64_t pieces_of_row = row_entries / static_cast<uint32_t>(sizes_.piece), all_pieces = sizes_.rows * pieces_of_row;
    Ranking r = ranking(row_entries, pieces_of_row);
    std::array<const void*, 3> sorting{&t.data, &t.memory, &r};
    if (Status status = go(pieces, all_pieces, sorting, t.stream); not status) return status;
    const uint64_t pairs = static_cast<uint64_t>(sizes_.rows) * row_entries / 2;
    for (uint32_t run = 2 * static_cast<uint32_t>(sizes_.piece); run <= row_entries and run != 0; run *= 2) {
      for (uint32_t stride = run / 2; stride >= static_cast<uint32_t>(sizes_.piece); stride /= 2) {
        std::array<const void*, 5> merging{&t.memory, &row_entries, &run, &stride, &pairs};
        if (Status status = go(far, blocks_for(static_cast<int64_t>(pairs), 1024), merging, t.stream); not status) return status;
      }
      std::array<const void*, 3> merging{&t.memory, &row_entries, &run};
      if (Status status = go(near, all_pieces, merging, t.stream); not status) return status;
    }
    std::array<const void*, 5> storing{&t.data, &t.memory, &t.values, &t.places, &r};
    return go(best, sizes_.rows, storing, t.stream);
  }

  Sizes sizes_;
  std::unique_ptr<Code> code_;
  std::array<CUfunction, 8> functions_{};
};

class CudaTopK final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.top_k"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::TopK>()) return Verdict::no("not a TopK");
    if (request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    if (std::string reason = move_refusal(request, std::array{size_t{0}}); not reason.empty()) return Verdict::no(std::move(reason));
    const DType type = request.inputs[0].type.dtype;
    if (stored_type(type).empty() or type == DType::boolean) return Verdict::no(fmt::format("elements of type {}", name_of(type)));
    const Sizes sizes = sizes_of(request);
    if (sizes.rows * sizes.row_entries() > INT32_MAX) return Verdict::no("more than 2^31 elements");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    const Sizes sizes = sizes_of(request);
    // Elements as the model has them: rounding would make ties, and other indices.
    Variant variant = plain_variant(request);
    variant.workspace = buffer_bytes(sizes) * (sizes.by_rounds() ? 2 : 1);
    const double merges = sizes.by_rounds() ? 1 : std::log2(static_cast<double>(sizes.row_entries()) / sizes.piece);
    const double bytes = static_cast<double>(sizes.rows * sizes.extent * sizes.entry_bytes);
    variant.estimate = 10e-6 + move_seconds(bytes * (1 + merges * merges), static_cast<int>(1 + merges * merges / 2));
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    return std::make_unique<TopKKernel>(context, request, variant);
  }
};

}  // namespace

void register_top_k(tactics::Registry& registry) { registry.add(std::make_unique<CudaTopK>()); }

}  // namespace burnish::cuda
