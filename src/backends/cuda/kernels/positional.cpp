// OneHot, Range, ConstantOfShape, EyeLike, Trilu, ReverseSequence and MaxUnpool on the GPU: one launch each. Row-major.
#include "backends/cuda/kernels/positional.h"

#include "backends/cuda/kernels/formats.h"
#include "backends/cuda/kernels/gather_sources.h"
#include "backends/cuda/kernels/join.h"
#include "backends/cuda/kernels/moves.h"
#include "backends/cuda/kernels/one_launch.h"
#include "backends/cuda/nvrtc/expr_source.h"
#include "ops/axes.h"
#include "ops/constant_of_shape.h"
#include "ops/eye_like.h"
#include "ops/max_unpool.h"
#include "ops/one_hot.h"
#include "ops/range.h"
#include "ops/reverse_sequence.h"
#include "ops/trilu.h"
#include "tactics/registry.h"

namespace burnish::cuda {
namespace {

std::string source(const std::string& parameters, const std::string& call) {
  return fmt::format(
      "#include \"positional.cuh\"\n"
      "extern \"C\" __global__ void __launch_bounds__(256) kernel({}) {{\n  release_next();\n  wait_for_inputs();\n  {};\n}}\n",
      parameters, call);
}

}  // namespace

std::string one_hot_source(int word_bytes, DType index) {
  return source(fmt::format("const {1}* indices, const {0}* values, {0}* to, u32 count, u32 depth, u32 inner", word_type(word_bytes),
                            stored_type(index)),
                "one_hot(indices, values, to, count, depth, inner)");
}

std::string range_source(DType storage) {
  return source(fmt::format("const {0}* start, const {0}* delta, {0}* to, u32 count", stored_type(storage)),
                "range(start, delta, to, count)");
}

std::string eye_source(int word_bytes) {
  return source(fmt::format("{0}* to, u32 count, u32 columns, i64 k, {0} on", word_type(word_bytes)), "eye(to, count, columns, k, on)");
}

std::string trilu_source(int word_bytes) {
  return source(fmt::format("const {0}* from, const i64* k, {0}* to, u32 count, u32 rows, u32 columns, bool upper", word_type(word_bytes)),
                "trilu(from, k, to, count, rows, columns, upper)");
}

std::string reverse_sequence_source(int word_bytes, DType index) {
  return source(fmt::format("const {0}* from, const {1}* lengths, {0}* to, u32 count, u32 times, u32 batch, u32 inner, bool time_first",
                            word_type(word_bytes), stored_type(index)),
                "reverse_sequence(from, lengths, to, count, times, batch, inner, time_first)");
}

std::string max_unpool_source(int word_bytes, DType index, size_t rank) {
  return source(fmt::format("const {0}* from, const {1}* indices, {0}* to, u32 count, i64 limit, const Strides<{2}> smallest, const "
                            "Strides<{2}> strides",
                            word_type(word_bytes), stored_type(index), rank),
                "max_unpool(from, indices, to, count, limit, smallest, strides)");
}

namespace {

using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;
using Kernel = std::unique_ptr<OneLaunch>;

uint32_t u32(int64_t value) { return static_cast<uint32_t>(value); }

Format own_format(const OpRequest& request, size_t input) {
  return tactics::plain_format(request.inputs[input].type, tactics::Space::device);
}
Format stored_format(const OpRequest& request, size_t input, DType storage) {
  return {storage, Layout::row_major(request.dims(input).size()), tactics::Space::device};
}
int word_of(DType storage) { return static_cast<int>(byte_size(storage)); }

/// A tensor's element as the 64 low bits of a word.
uint64_t bits_of_element(const Tensor& element) {
  uint64_t bits = 0;
  std::memcpy(&bits, element.data(), std::min(element.bytes(), sizeof bits));
  return bits;
}

Kernel one_hot(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const Dims dims = request.output_dims();
  const size_t axis = ops::normalized_axis(request.op.as<ops::OneHot>()->axis, dims.size());
  int64_t inner = 1;
  for (size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
  const int64_t count = element_count(dims);
  auto kernel = std::make_unique<OneLaunch>(context, one_hot_source(word_of(storage), request.inputs[0].type.dtype), count);
  kernel->operand(request, 0, own_format(request, 0));
  kernel->operand(request, 2, stored_format(request, 2, storage));
  kernel->output(0);
  for (const int64_t value : {count, dims[axis], inner}) kernel->value(u32(value));
  return kernel;
}

Kernel range(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const int64_t count = element_count(request.output_dims());
  auto kernel = std::make_unique<OneLaunch>(context, range_source(storage), count);
  kernel->operand(request, 0, own_format(request, 0));
  kernel->operand(request, 2, own_format(request, 2));
  kernel->output(0);
  kernel->value(u32(count));
  return kernel;
}

Kernel eye(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const Dims dims = request.output_dims();
  Tensor on(storage, {});
  on.set_number(0, 1);
  auto kernel = std::make_unique<OneLaunch>(context, eye_source(word_of(storage)), element_count(dims));
  kernel->output(0);
  kernel->value(u32(element_count(dims)));
  kernel->value(u32(dims[1]));
  kernel->value(request.op.as<ops::EyeLike>()->k);
  kernel->value(bits_of_element(on));
  return kernel;
}

Kernel constant_of_shape(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const auto& op = *request.op.as<ops::ConstantOfShape>();
  Tensor element(storage, {});
  if (is_floating(op.dtype)) element.set_number(0, op.value);
  else element.set_integer(0, op.integer);
  const std::string word = word_type(word_of(storage));
  const int64_t count = element_count(request.output_dims());
  auto kernel = std::make_unique<OneLaunch>(
      context, source(fmt::format("{0}* to, u32 count, {0} element", word), "BURNISH_FOR_EACH(i, count) to[i] = element"), count);
  kernel->output(0);
  kernel->value(u32(count));
  kernel->value(bits_of_element(element));
  return kernel;
}

Kernel trilu(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const Dims dims = request.output_dims();
  const int64_t count = element_count(dims);
  auto kernel = std::make_unique<OneLaunch>(context, trilu_source(word_of(storage)), count);
  kernel->input(0);
  if (request.inputs.size() > 1) kernel->operand(request, 1, own_format(request, 1));
  else kernel->input(1);
  kernel->output(0);
  for (const int64_t value : {count, dims[dims.size() - 2], dims[dims.size() - 1]}) kernel->value(u32(value));
  kernel->value(request.op.as<ops::Trilu>()->upper);
  return kernel;
}

Kernel reverse_sequence(tactics::BuildContext& context, const OpRequest& request, DType storage) {
  const Dims dims = request.output_dims();
  const bool time_first = request.op.as<ops::ReverseSequence>()->time_first;
  int64_t bytes = word_of(storage);
  for (size_t axis = 2; axis < dims.size(); ++axis) bytes *= dims[axis];
  const int word = bytes == 0 ? word_of(storage) : cuda::word_of(bytes);
  const int64_t inner = bytes / word, count = dims[0] * dims[1] * inner;
  auto kernel = std::make_unique<OneLaunch>(context, reverse_sequence_source(word, request.inputs[1].type.dtype), count);
  kernel->input(0);
  kernel->operand(request, 1, own_format(request, 1));
  kernel->output(0);
  for (const int64_t value : {count, dims[time_first ? 0 : 1], dims[time_first ? 1 : 0], inner}) kernel->value(u32(value));
  kernel->value(time_first);
  return kernel;
}

Kernel max_unpool(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const DType storage = variant.outputs[0].storage;
  const Dims dims = request.output_dims();
  const Dims smallest = ops::smallest_unpooled(*request.op.as<ops::MaxUnpool>(), request.inputs[0].type.shape).dims();
  const int64_t count = element_count(request.dims(0));
  auto kernel = std::make_unique<OneLaunch>(context, max_unpool_source(word_of(storage), request.inputs[1].type.dtype, dims.size()), count);
  kernel->input(0);
  kernel->operand(request, 1, own_format(request, 1));
  kernel->output(0);
  kernel->value(u32(count));
  kernel->value(element_count(smallest));
  for (const Dims& one : {smallest, dims}) {
    ParameterBytes strides;
    for (const int64_t stride : Layout::row_major(one.size()).strides(one)) strides.add(stride);
    kernel->bytes_of_struct(strides.finish());
  }
  kernel->clear_first(0, stored_bytes(variant.outputs[0], dims));
  return kernel;
}

class CudaPositional final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "cuda.positional"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    const Op& op = request.op;
    const bool moves = op.is<ops::Trilu>() or op.is<ops::ReverseSequence>() or op.is<ops::MaxUnpool>();
    const bool makes = op.is<ops::OneHot>() or op.is<ops::Range>() or op.is<ops::EyeLike>() or op.is<ops::ConstantOfShape>();
    if (not moves and not makes)
      return Verdict::no("neither OneHot, Range, ConstantOfShape, EyeLike, Trilu, ReverseSequence nor MaxUnpool");
    if (std::string reason = move_refusal(request, {}); not reason.empty()) return Verdict::no(std::move(reason));
    if (not bits_of(request.outputs[0].dtype)) return Verdict::no(fmt::format("elements of type {}", name_of(request.outputs[0].dtype)));
    if (moves and request.inputs[0].constant != nullptr) return Verdict::no("the input is constant");
    return types_verdict(request);
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    for (const std::optional<DType> lowered : usual_storages(request)) {
      Variant variant = plain_variant(request, lowered);
      // Numbers that say where elements stand keep every bit.
      if (request.op.is<ops::OneHot>()) variant.inputs[0] = device_format(request.inputs[0].type);
      if (request.op.is<ops::Range>() and lowered) continue;
      variant.estimate = move_seconds(2 * stored_bytes_of(request.outputs[0], lowered));
      sink.offer(std::move(variant));
    }
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) const override {
    const DType storage = variant.outputs[0].storage;
    if (request.op.is<ops::OneHot>()) return one_hot(context, request, storage);
    if (request.op.is<ops::Range>()) return range(context, request, storage);
    if (request.op.is<ops::EyeLike>()) return eye(context, request, storage);
    if (request.op.is<ops::ConstantOfShape>()) return constant_of_shape(context, request, storage);
    if (request.op.is<ops::Trilu>()) return trilu(context, request, storage);
    if (request.op.is<ops::ReverseSequence>()) return reverse_sequence(context, request, storage);
    return max_unpool(context, request, variant);
  }

 private:
  static Verdict types_verdict(const OpRequest& request) {
    const Op& op = request.op;
    if (op.is<ops::OneHot>() and stored_type(request.inputs[0].type.dtype).empty())
      return Verdict::no(fmt::format("indices of type {}", name_of(request.inputs[0].type.dtype)));
    if (op.is<ops::Range>() and stored_type(request.outputs[0].dtype).empty())
      return Verdict::no(fmt::format("elements of type {}", name_of(request.outputs[0].dtype)));
    if (op.is<ops::Trilu>() and request.inputs.size() > 1 and request.inputs[1].present and request.inputs[1].type.dtype != DType::i64)
      return Verdict::no("a diagonal that is no i64");
    if (op.is<ops::MaxUnpool>() or op.is<ops::ReverseSequence>())
      if (std::string reason = index_refusal(request, 1); not reason.empty()) return Verdict::no(std::move(reason));
    if (op.is<ops::MaxUnpool>() and request.output_dims().size() > 8) return Verdict::no("more than 8 axes");
    return Verdict::yes();
  }
};

}  // namespace

void register_positional(tactics::Registry& registry) { registry.add(std::make_unique<CudaPositional>()); }

}  // namespace burnish::cuda
