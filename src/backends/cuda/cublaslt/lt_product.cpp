#include "backends/cuda/cublaslt/lt_product.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "backends/cuda/cublaslt/lt_call.h"
#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/gemm_tiles.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "base/error.h"

namespace burnish::cuda {
namespace {

using tactics::BufferRef;
using tactics::BuildContext;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr int ranks = 8;
constexpr int64_t row_alignment = 16;  // bytes
constexpr std::string_view knob = "algo=";
constexpr std::string_view plain_knob = " plain";  // the library knows no algorithm with the epilogue

int64_t rounded(int64_t bytes) { return (bytes + 255) / 256 * 256; }

/// What is multiplied for one choice of storage: everything that follows from request and storage alone.
struct Task {
  MatrixProduct product;  // constants as they are packed
  LtEpilogue epilogue;
  LtTypes types;
  bool transposes_right = false;
  std::optional<size_t> kept_in;  // the output that holds the product until the rest of the epilogue overwrites it

  /// Where the product waits for the rest of the epilogue, if in no output.
  int64_t waiting_bytes() const {
    if (not epilogue.has_rest() or kept_in) return 0;
    return rounded(product.batches() * product.m * product.n * static_cast<int64_t>(byte_size(types.result)));
  }
};

/// Sums of bytes are integers, which the library hands out as they are.
bool multiplies_bytes(const OpRequest& request) { return request.inputs[0].type.dtype == DType::i8; }

Task task_of(const OpRequest& request, const MatrixProduct& product, std::optional<DType> lowered, bool plain) {
  const bool bytes = multiplies_bytes(request);
  Task task{.product = product,
            .epilogue = plain or bytes ? no_lt_epilogue(request, product) : lt_epilogue(request, product, lowered),
            .types = {},
            .transposes_right = false,
            .kept_in = {}};
  task.types.source = storage_of(request.inputs[0].type.dtype, lowered);
  task.types.result = bytes ? DType::i32 : storage_of(task.epilogue.result, lowered);
  // The library is fastest where both operands run along k; rows must stay aligned.
  const int64_t row_bytes = product.k * static_cast<int64_t>(byte_size(task.types.source));
  if (request.inputs[product.right.input].constant != nullptr and not product.right.k_inner and row_bytes % row_alignment == 0) {
    task.transposes_right = true;
    task.product.right.k_inner = true;
    task.product.right.leading = product.k;
  }
  for (size_t i = 0; i < request.outputs.size() and not task.kept_in; ++i)
    if (request.wanted[i] and storage_of(request.outputs[i].dtype, lowered) == task.types.result) task.kept_in = i;
  return task;
}

/// Any address that is as aligned as the GPU's memory: the library does not read it while it is asked.
const void* some_address() { return reinterpret_cast<const void*>(uintptr_t{4096}); }

Variant variant_of(const OpRequest& request, const Task& task, std::optional<DType> lowered) {
  Variant variant = plain_variant(request, lowered);
  const Dims output = request.output_dims();
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const bool moves = request.inputs[i].present and request.inputs[i].constant == nullptr;
    if (moves and (i == task.product.left.input or request.dims(i) == output) and i != task.product.right.input)
      variant.inputs[i].layout =
          task.product.layout.order.size() == request.dims(i).size() ? task.product.layout : variant.inputs[i].layout;
  }
  for (Format& format : variant.outputs) format.layout = task.product.layout;
  const auto& residual = task.epilogue.residual;
  if (residual and not task.epilogue.has_rest() and request.inputs[*residual].constant == nullptr)
    variant.in_place = static_cast<int>(*residual);
  return variant;
}

/// Halves: somewhat better than the best of our own tilings, whose model knows launches, waves and stages. Others: by operations.
double library_seconds(const OpRequest& request, const Variant& variant, const Task& task) {
  constexpr double share_of_peak = 0.7, of_ours = 0.9;
  const DType type = task.types.source;
  if (type != DType::f16 and type != DType::bf16) return product_seconds(request, variant, task.product, type, share_of_peak);
  const GemmMachine machine = gemm_machine();
  double best = 1;
  for (const GemmTiling& tiling : gemm_tilings(machine, task.product)) best = std::min(best, gemm_seconds(machine, task.product, tiling));
  return std::max(memory_seconds(request, variant), of_ours * best);
}

double rest_seconds(const OpRequest& request, const Task& task) {
  if (not task.epilogue.has_rest()) return 0;
  const double bytes = static_cast<double>(element_count(request.output_dims())) * static_cast<double>(byte_size(task.types.result));
  return 1.5e-6 + 2 * bytes / (0.7 * std::max(1e9, gpu().facts().bandwidth));
}

std::string text_of(const Task& task) {
  const MatrixProduct& product = task.product;
  const auto operand = [](const MatrixOperand& one) {
    return fmt::format("{}:{}:{}:{}", one.k_inner, one.leading, one.batch_strides[0], one.batch_strides[1]);
  };
  return fmt::format("{}x{}x{} {} {} {} {} {} {} {} {} {}", product.m, product.n, product.k, product.batch[1], operand(product.left),
                     operand(product.right), name_of(task.types.source), name_of(task.types.result), task.epilogue.bias.has_value(),
                     task.epilogue.residual.has_value(), static_cast<int>(task.epilogue.activation), task.epilogue.alpha);
}

/// The algorithm that a rank stands for, kept with the engine: the library's ranking may change, an engine may not.
LtAlgorithm algorithm_of(BuildContext& context, const Task& task, const LtCall& call, int rank) {
  const Hash128 key = hash_of(fmt::format("cuBLASLt {} {} sm_{} {} rank {}", cublaslt_api().version, gpu().facts().name,
                                          gpu().facts().capability, text_of(task), rank));
  const auto ask = [&] {
    const std::vector<LtAlgorithm> found = call.ranked(rank + 1);
    if (found.size() <= static_cast<size_t>(rank)) fail_unsupported("cuBLASLt no longer offers its algorithm of rank {}", rank);
    Tensor bytes(DType::u8, {static_cast<int64_t>(sizeof(cublasLtMatmulAlgo_t))});
    std::memcpy(bytes.mutable_data(), &found.back().algorithm, sizeof(cublasLtMatmulAlgo_t));
    return bytes;
  };
  LtAlgorithm algorithm;
  const Tensor stored = context.artifact(key, ask);
  if (stored.bytes() != sizeof algorithm.algorithm) fail("a stored cuBLASLt algorithm has {} bytes", stored.bytes());
  std::memcpy(&algorithm.algorithm, stored.data(), sizeof algorithm.algorithm);
  if (not call.takes(algorithm)) fail_unsupported("cuBLASLt refuses its algorithm of rank {}", rank);
  return algorithm;
}

int rank_of(const Variant& variant) {
  int rank = -1;
  const std::string_view text = variant.knobs;
  if (text.starts_with(knob)) std::from_chars(text.data() + knob.size(), text.data() + text.size(), rank);
  if (rank < 0 or rank >= ranks) fail("unknown knobs `{}`", variant.knobs);
  return rank;
}

class LtKernel final : public tactics::Kernel {
 public:
  LtKernel(BuildContext& context, const OpRequest& request, const Task& task, const Variant& variant)
      : task_(task),
        left_(packed(context, request, task.product.left.input)),
        right_(packed_right(context, request)),
        bias_(task.epilogue.bias ? packed_bias(context, request) : tactics::DeviceMemory()),
        residual_(task.epilogue.residual ? packed(context, request, *task.epilogue.residual) : tactics::DeviceMemory()),
        call_(task.product, task.epilogue, task.types, bias_.data()),
        algorithm_(algorithm_of(context, task, call_, rank_of(variant))),
        product_bytes_(variant.workspace - task.waiting_bytes()) {
    if (algorithm_.workspace > product_bytes_)
      fail_unsupported("cuBLASLt wants {} bytes of workspace, the plan has {}", algorithm_.workspace, product_bytes_);
    if (task.epilogue.has_rest()) build_rest(context, request, variant);
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    const auto of = [&](const tactics::DeviceMemory& kept, size_t input) { return kept.data() != nullptr ? kept.data() : in[input].data; };
    LtPointers pointers;
    pointers.left = of(left_, task_.product.left.input);
    pointers.right = of(right_, task_.product.right.input);
    if (task_.epilogue.residual) pointers.residual = of(residual_, *task_.epilogue.residual);
    const bool waits = task_.epilogue.has_rest() and not task_.kept_in;
    pointers.result =
        waits ? static_cast<std::byte*>(workspace) + product_bytes_ : out[task_.epilogue.has_rest() ? *task_.kept_in : 0].data;
    const Status done = call_.run(algorithm_, pointers, workspace, context.stream);
    return done and rest_ != nullptr ? run_rest(context, pointers.result, in, out) : done;
  }

 private:
  static constexpr size_t most_operands = 32;

  tactics::DeviceMemory packed(BuildContext& context, const OpRequest& request, size_t input) const {
    const auto& constant = request.inputs[input].constant;
    if (constant == nullptr) return {};
    const DType storage = input < request.anchor_inputs ? task_.types.source : task_.types.result;
    if (task_.product.layout.is_row_major()) return packed_constant(context, *constant, storage);
    const Dims dims = request.dims(input);
    return packed_constant(context, *constant, storage, walked(dims, task_.product.layout),
                           walked(Layout::row_major(dims.size()).strides(dims), task_.product.layout));
  }

  tactics::DeviceMemory packed_right(BuildContext& context, const OpRequest& request) const {
    const auto& constant = request.inputs[task_.product.right.input].constant;
    if (constant == nullptr) return {};
    if (not task_.transposes_right) return packed_constant(context, *constant, task_.types.source);
    const int64_t n = task_.product.n, k = task_.product.k;
    return packed_constant(context, *constant, task_.types.source, {constant->size() / (n * k), n, k}, {n * k, 1, n});
  }

  tactics::DeviceMemory packed_bias(BuildContext& context, const OpRequest& request) const {
    return packed_constant(context, *request.inputs[*task_.epilogue.bias].constant, task_.types.result);
  }

  void build_rest(BuildContext& context, const OpRequest& request, const Variant& variant) {
    const Dims domain = request.output_dims();
    const Layout& layout = task_.product.layout;
    const auto operand = [&](const Format& format, const Dims& dims) {
      StridedOperand made = strided(format, dims, domain);
      made.strides = walked(made.strides, layout);
      return made;
    };
    std::vector<StridedOperand> inputs{operand({task_.types.result, layout, tactics::Space::device}, domain)}, outputs;
    for (const size_t input : task_.epilogue.rest_inputs) {
      inputs.push_back(operand(variant.inputs[input], request.dims(input)));
      const auto& constant = request.inputs[input].constant;
      rest_constants_.push_back(constant ? packed_constant(context, *constant, constant->dtype()) : tactics::DeviceMemory());
    }
    for (const Format& format : variant.outputs) outputs.push_back(operand(format, domain));
    rest_ = std::make_unique<Elementwise>(context, task_.epilogue.rest, walked(domain, layout), std::move(inputs), std::move(outputs));
  }

  Status run_rest(tactics::RunContext& context, const std::byte* product, std::span<const BufferRef> in,
                  std::span<const BufferRef> out) const noexcept {
    std::array<const std::byte*, most_operands> sources{product};
    std::array<std::byte*, most_operands> targets{};
    for (size_t i = 0; i < rest_constants_.size(); ++i)
      sources[i + 1] = rest_constants_[i].data() != nullptr ? rest_constants_[i].data() : in[task_.epilogue.rest_inputs[i]].data;
    for (size_t i = 0; i < out.size(); ++i) targets[i] = out[i].data;
    return rest_->run({sources.data(), rest_constants_.size() + 1}, {targets.data(), out.size()}, context.stream);
  }

  Task task_;
  tactics::DeviceMemory left_, right_, bias_, residual_;  // empty where the plan provides it
  LtCall call_;
  LtAlgorithm algorithm_;
  int64_t product_bytes_;  // of the workspace that the library may use
  std::unique_ptr<Elementwise> rest_;
  std::vector<tactics::DeviceMemory> rest_constants_;
};

/// Whether the library has algorithms for this task.
bool offer_ranks(const OpRequest& request, const Task& task, std::optional<DType> lowered, std::string_view further_knob,
                 tactics::VariantSink& sink) {
  constexpr double each_rank = 0.08;
  const std::vector<LtAlgorithm> algorithms = LtCall(task.product, task.epilogue, task.types, some_address()).ranked(ranks);
  for (size_t rank = 0; rank < algorithms.size(); ++rank) {
    Variant variant = variant_of(request, task, lowered);
    variant.knobs = fmt::format("{}{}{}", knob, rank, further_knob);
    variant.workspace = rounded(algorithms[rank].workspace) + task.waiting_bytes();
    variant.estimate =
        (1 + each_rank * static_cast<double>(rank)) * (library_seconds(request, variant, task) + rest_seconds(request, task));
    sink.offer(std::move(variant));
  }
  if (algorithms.empty())
    sink.refuse(fmt::format("{}->{}{}", name_of(task.types.source), name_of(task.types.result), further_knob),
                "cuBLASLt knows no algorithm");
  return not algorithms.empty();
}

/// Bytes are multiplied where both operands lie along k, in whole 16-byte pieces, and the result's rows are aligned.
std::string refusal_of_bytes(const OpRequest& request, const MatrixProduct& product) {
  constexpr int64_t whole_columns = 4;
  if (not product.left.k_inner) return "bytes that lie across k";
  if (request.inputs[product.right.input].constant == nullptr and not product.right.k_inner) return "bytes that lie across k";
  if (product.k % row_alignment != 0) return fmt::format("{} terms, no multiple of {}", product.k, row_alignment);
  if (product.n % whole_columns != 0) return fmt::format("{} columns, no multiple of {}", product.n, whole_columns);
  if (not request.has_epilogue()) return "sums of bytes without an epilogue";
  return {};
}

}  // namespace

uint32_t lt_revision(uint32_t own) { return static_cast<uint32_t>(cublaslt_api().version) * 16 + own; }

Verdict lt_supports(const OpRequest& request, const FoundProduct& found) {
  if (not found.verdict) return found.verdict;
  const DType type = request.inputs[0].type.dtype;
  if (type != DType::f32 and type != DType::f16 and type != DType::bf16 and type != DType::f64 and type != DType::i8)
    return Verdict::no(fmt::format("no product of {}", name_of(type)));
  const MatrixProduct& product = found.product;
  if (multiplies_bytes(request))
    if (std::string reason = refusal_of_bytes(request, product); not reason.empty()) return Verdict::no(std::move(reason));
  if (product.bias and (request.inputs[*product.bias].constant == nullptr or type == DType::f64)) return Verdict::no("a computed bias");
  if (product.batch[0] > 16) return Verdict::no("more than 16 outer batches");
  if (request.has_epilogue())
    if (std::string reason =
            elementwise_refusal(request.epilogue, request.epilogue.inputs.size() + request.outputs.size(), request.output_dims());
        not reason.empty())
      return Verdict::no(std::move(reason));
  if (not cublaslt_api().reason.empty()) return Verdict::no(cublaslt_api().reason);
  return Verdict::yes();
}

void offer_lt_variants(const OpRequest& request, const MatrixProduct& product, tactics::VariantSink& sink) {
  for (const std::optional<DType> lowered : usual_storages(request))
    if (not offer_ranks(request, task_of(request, product, lowered, false), lowered, "", sink) and request.has_epilogue())
      offer_ranks(request, task_of(request, product, lowered, true), lowered, plain_knob, sink);
}

std::unique_ptr<tactics::Kernel> build_lt_kernel(BuildContext& context, const OpRequest& request, const MatrixProduct& product,
                                                 const Variant& variant) {
  // The storage shows at any float that moves; with none, all is as the model says.
  std::optional<DType> lowered;
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (variant.outputs[i].storage != request.outputs[i].dtype) lowered = variant.outputs[i].storage;
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and request.inputs[i].constant == nullptr and variant.inputs[i].storage != request.inputs[i].type.dtype)
      lowered = variant.inputs[i].storage;
  return std::make_unique<LtKernel>(context, request, task_of(request, product, lowered, variant.knobs.ends_with(plain_knob)), variant);
}

}  // namespace burnish::cuda
