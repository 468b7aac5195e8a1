// Matrix products by oneDNN: batches that broadcast, transposed operands, rows and columns. A constant right operand is packed once.
// Where the right operand has no batch, all rows of the left one make a single product.
#include "ops/matmul.h"

#include <algorithm>

#include "backends/cpu/onednn/post_ops.h"
#include "base/error.h"
#include "tactics/registry.h"

namespace burnish::cpu {
namespace {

using namespace onednn;
using dnnl::memory;

/// The product with explicit axes: all three tensors have the same rank, and strides say where elements lie.
struct Problem {
  Dims left, right, destination;
  Dims left_strides, right_strides;  // of row-major operands, transposition included
  Reshape reshape;                   // what was done to dims of the output's rank
  std::optional<size_t> bias;
  PostOpChain chain;
  double flops = 0;
};

struct Side {
  Dims dims, strides;
};

Side side_of(const Dims& given, bool transpose, bool is_left, size_t rank) {
  Side side{given, Layout::row_major(given.size()).strides(given)};
  if (given.size() == 1) {
    const auto at = is_left ? side.dims.begin() : side.dims.end();
    side.dims.insert(at, 1);
    side.strides.insert(is_left ? side.strides.begin() : side.strides.end(), is_left ? given[0] : 1);
  } else if (transpose) {
    std::swap(side.dims[side.dims.size() - 1], side.dims[side.dims.size() - 2]);
    std::swap(side.strides[side.dims.size() - 1], side.strides[side.dims.size() - 2]);
  }
  const int64_t whole = element_count(given);
  while (side.dims.size() < rank) {
    side.dims.insert(side.dims.begin(), 1);
    side.strides.insert(side.strides.begin(), whole);
  }
  return side;
}

int64_t product(const Dims& dims, size_t begin, size_t end) {
  int64_t count = 1;
  for (size_t i = begin; i < end; ++i) count *= dims[i];
  return count;
}

/// Axes [begin, end) merged into one, where the tensor has all of `whole`'s elements along them, or one.
std::optional<Dims> merged(const Dims& dims, const Dims& whole, size_t begin, size_t end) {
  const int64_t count = product(dims, begin, end);
  if (count != 1 and count != product(whole, begin, end)) return {};
  Dims result(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(begin));
  result.push_back(count);
  result.insert(result.end(), dims.begin() + static_cast<std::ptrdiff_t>(end), dims.end());
  return result;
}

void merge_side(Side& side, size_t begin, size_t end) {
  const int64_t count = product(side.dims, begin, end);
  const int64_t stride = side.strides[end - 1];
  side.dims.erase(side.dims.begin() + static_cast<std::ptrdiff_t>(begin) + 1, side.dims.begin() + static_cast<std::ptrdiff_t>(end));
  side.strides.erase(side.strides.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                     side.strides.begin() + static_cast<std::ptrdiff_t>(end));
  side.dims[begin] = count;
  side.strides[begin] = stride;
}

bool operands_merge(const OpRequest& request, const PostOpChain& chain, const Dims& destination, size_t begin, size_t end) {
  return std::all_of(chain.steps.begin(), chain.steps.end(), [&](const PostOp& step) {
    if (step.kind == PostOp::Kind::eltwise) return true;
    Dims dims = request.dims(step.input);
    dims.insert(dims.begin(), destination.size() - dims.size(), 1);
    return merged(dims, destination, begin, end).has_value();
  });
}

Problem problem_of(const OpRequest& request) {
  const auto& op = *request.op.as<ops::MatMul>();
  const Dims a = request.dims(0);
  const Dims b = request.dims(1);
  const size_t rank = std::max({a.size(), b.size(), size_t{2}});
  Side left = side_of(a, op.transpose_a, true, rank);
  Side right = side_of(b, op.transpose_b, false, rank);
  Problem problem;
  problem.chain = post_ops_of(request);
  if (b.size() >= 2) problem.bias = take_bias(problem.chain, request, request.output_dims().size() - 1);
  for (size_t i = 0; i + 2 < rank; ++i) problem.destination.push_back(std::max(left.dims[i], right.dims[i]));
  problem.destination.push_back(left.dims[rank - 2]);
  problem.destination.push_back(right.dims[rank - 1]);
  problem.flops = 2.0 * static_cast<double>(element_count(problem.destination)) * static_cast<double>(left.dims[rank - 1]);

  const bool same_rank = request.output_dims() == problem.destination;
  const Dims whole = problem.destination;
  const auto merge = [&](size_t begin, size_t end, bool with_right) {
    merge_side(left, begin, end);
    if (with_right) merge_side(right, begin, end);
    problem.destination = *merged(whole, whole, begin, end);
    problem.reshape = [=](const Dims& dims) { return merged(dims, whole, begin, end); };
  };
  const bool one_right = product(right.dims, 0, rank - 2) == 1;
  const bool rows_are_even = not op.transpose_a and product(left.dims, 0, rank - 2) == product(whole, 0, rank - 2);
  if (rank > 2 and same_rank and one_right and rows_are_even and operands_merge(request, problem.chain, whole, 0, rank - 1)) {
    merge(0, rank - 1, false);
    right.dims = {right.dims[rank - 2], right.dims[rank - 1]};
    right.strides = {right.strides[rank - 2], right.strides[rank - 1]};
  } else if (rank > 3 and same_rank and product(left.dims, 0, rank - 2) == product(right.dims, 0, rank - 2) and
             product(left.dims, 0, rank - 2) == product(whole, 0, rank - 2) and
             operands_merge(request, problem.chain, whole, 0, rank - 2)) {
    merge(0, rank - 2, true);
  } else if (not same_rank) {
    problem.reshape = [=](const Dims& dims) -> std::optional<Dims> {
      if (element_count(dims) == element_count(whole)) return whole;
      if (element_count(dims) == 1) return Dims(whole.size(), 1);
      return {};
    };
  }
  problem.left = left.dims;
  problem.left_strides = left.strides;
  problem.right = right.dims;
  problem.right_strides = right.strides;
  return problem;
}

struct Plan {
  dnnl::matmul::primitive_desc descriptor;
  OperandDescriptors operands;
};

/// `packed`: a constant right operand in the layout oneDNN likes best.
std::optional<Plan> plan(const OpRequest& request, const Problem& problem, const Precision& precision) {
  const bool packed = request.inputs[1].constant != nullptr;
  const auto operands = operand_descriptors(problem.chain, request,
                                            {precision.destination, Layout::row_major(request.output_dims().size())}, problem.reshape);
  if (not operands) return {};
  const memory::desc left = strided(problem.left, precision.source, problem.left_strides);
  const memory::desc right =
      packed ? any_layout(problem.right, precision.source) : strided(problem.right, precision.source, problem.right_strides);
  Dims bias_dims(problem.destination.size(), 1);
  bias_dims.back() = problem.destination.back();
  const memory::desc bias = problem.bias ? plain(bias_dims, DType::f32) : memory::desc();
  dnnl::primitive_attr attributes = basic_attributes(precision.bf16_math);
  append(attributes, problem.chain, *operands);
  const ThreadScope threads(request.target.threads);
  Plan found{{engine(), left, right, bias, plain(problem.destination, precision.destination), attributes, true}, *operands};
  if (not found.descriptor) return {};
  return found;
}

class OnednnMatMul final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cpu.onednn.matmul"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<ops::MatMul>()) return Verdict::no("not a matrix product");
    if (precisions(request, request.inputs[0].type.dtype).empty()) return Verdict::no("not of floating numbers");
    if (std::max(request.dims(0).size(), request.dims(1).size()) > 6) return Verdict::no("more than four batch axes");
    if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return Verdict::no("empty tensors");
    return post_ops_of(request).verdict;
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    const Problem problem = problem_of(request);
    const bool f32 = request.inputs[0].type.dtype == DType::f32;
    for (const Precision& precision : precisions(request, request.inputs[0].type.dtype)) {
      const auto found = plan(request, problem, precision);
      const std::string what = fmt::format("{}->{}", name_of(precision.source), name_of(precision.destination));
      if (not found) {
        sink.refuse(what, "oneDNN has no implementation");
        continue;
      }
      const std::string_view implementation = found->descriptor.impl_info_str();
      if (is_reference(implementation)) sink.refuse(what, "oneDNN has only its reference implementation");
      else if (f32 and misses_tiles(implementation, precision)) sink.refuse(what, "slower than f32");
      else sink.offer(variant_of(request, problem, precision, *found));
    }
  }

  std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const Problem problem = problem_of(request);
    const bool bf16_math = variant.knobs == bf16_math_knob;
    const Precision precision{source_storage(request, variant), variant.outputs[0].storage, bf16_math};
    const auto chosen = plan(request, problem, precision);
    if (not chosen) fail("oneDNN {} no longer offers the product {}", version_text(), variant.text());
    const auto& descriptor = chosen->descriptor;
    const ThreadScope threads(context.threads());
    KernelBuilder builder(context, request);
    const DType type = request.inputs[0].type.dtype;
    const auto stored = [&](size_t index, const Dims& dims, const Dims& strides) {
      return strided(dims, request.inputs[index].constant != nullptr ? type : precision.source, strides);
    };
    builder.input(DNNL_ARG_SRC, 0, stored(0, problem.left, problem.left_strides), descriptor.src_desc());
    builder.input(DNNL_ARG_WEIGHTS, 1, stored(1, problem.right, problem.right_strides), descriptor.weights_desc());
    if (problem.bias) builder.input(DNNL_ARG_BIAS, *problem.bias, plain(descriptor.bias_desc().get_dims(), type), descriptor.bias_desc());
    builder.output(DNNL_ARG_DST, 0, descriptor.dst_desc());
    bind(builder, problem.chain, chosen->operands);
    return builder.finish(dnnl::matmul(descriptor), descriptor.scratchpad_desc());
  }

 private:
  /// Constants keep their plain format in a variant, so the storage shows at the other operand.
  static DType source_storage(const OpRequest& request, const Variant& variant) {
    return variant.inputs[request.inputs[0].constant != nullptr ? 1 : 0].storage;
  }

  static Variant variant_of(const OpRequest& request, const Problem& problem, const Precision& precision, const Plan& found) {
    Variant variant = plain_variant(request);
    for (size_t i = 0; i < 2; ++i)
      if (request.inputs[i].constant == nullptr) variant.inputs[i].storage = precision.source;
    variant.outputs[0].storage = precision.destination;
    for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
      variant.inputs[i] = operand_format(request, i, variant.outputs[0]);
    if (precision.bf16_math) variant.knobs = bf16_math_knob;
    variant.workspace = static_cast<int64_t>(found.descriptor.scratchpad_desc().get_size());
    variant.estimate = estimate(request, variant, precision, found.descriptor.impl_info_str(), problem.flops);
    return variant;
  }
};

}  // namespace

void register_onednn_matmul(tactics::Registry& registry) { registry.add(std::make_unique<OnednnMatMul>()); }

}  // namespace burnish::cpu
