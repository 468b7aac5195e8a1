// The operator Reformat, requests and variants for it, and the question whether two layouts are the same bytes.
#include "tactics/reformat.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ops/fields.h"

namespace burnish::tactics {
namespace {

void infer(const void* /*op*/, InferContext& context) {
  context.expect_inputs(1, 1);
  context.output(0, context.input(0));
}

void reference(const void* /*op*/, EvalContext& context) {
  const Tensor& from = context.input(0);
  Tensor& to = context.allocate(0, from.dtype(), from.dims());
  std::memcpy(to.mutable_data(), from.data(), from.bytes());
}

const OperatorType& reformat_type() {
  static const OperatorType type = {.name = "Reformat",
                                    .traits = Trait::moves_data,
                                    .infer = infer,
                                    .reference = reference,
                                    .print = ops::print_fields<Reformat>,
                                    .parse = ops::parse_fields<Reformat>};
  operator_type<Reformat> = &type;
  return type;
}

// Makes `op.is<Reformat>()` and `Op(Reformat{})` work before the first request is made.
[[maybe_unused]] const bool known_at_load = (reformat_type(), true);

/// One digit of an axis' position in memory: `extent` steps of `stride` elements.
struct Digit {
  int64_t stride = 1;
  int64_t extent = 1;
  bool operator==(const Digit&) const = default;
};

/// For each axis its digits, fastest first, without those that never move from 0 and with neighbours joined: equal digits mean equal
/// addresses of all elements.
std::vector<std::vector<Digit>> digits_of(const Layout& layout, std::span<const int64_t> dims) {
  std::vector<std::vector<Digit>> digits(dims.size());
  std::vector<int64_t> left(dims.begin(), dims.end());  // positions that the digits so far do not tell apart
  int64_t stride = 1;
  const auto add = [&](size_t axis, int64_t extent) {
    std::vector<Digit>& known = digits.at(axis);
    const int64_t used = std::min(extent, left[axis]);
    if (used > 1) {
      if (not known.empty() and known.back().stride * known.back().extent == stride) known.back().extent *= used;
      else known.push_back({stride, used});
    }
    left[axis] = (left[axis] + extent - 1) / extent;
    stride *= extent;
  };
  for (auto block = layout.blocks.rbegin(); block != layout.blocks.rend(); ++block) add(block->axis, block->size);
  for (auto axis = layout.order.rbegin(); axis != layout.order.rend(); ++axis) add(*axis, left[*axis]);
  return digits;
}

/// The axis whose neighbours are neighbours in memory.
int innermost_axis(const Layout& layout, std::span<const int64_t> dims) {
  for (auto block = layout.blocks.rbegin(); block != layout.blocks.rend(); ++block)
    if (dims[block->axis] > 1) return block->axis;
  for (auto axis = layout.order.rbegin(); axis != layout.order.rend(); ++axis)
    if (dims[*axis] > 1) return *axis;
  return -1;
}

}  // namespace

Op parse_operator(std::string_view text) {
  const std::string_view name = text.substr(0, std::min(text.find_first_of("{ "), text.size()));
  if (name == reformat_type().name) return Reformat{};
  return Op::parse(text);
}

OpRequest reformat_request(const TensorType& type, const Target& target) {
  OpRequest request;
  request.op = Reformat{};
  request.anchor_inputs = 1;
  request.inputs = {{.present = true, .type = {type.dtype, type.shape, {}}, .constant = nullptr}};
  request.outputs = {{type.dtype, type.shape, {}}};
  request.wanted = {true};
  request.target = target;
  return request;
}

Variant reformat_variant(const Backend& backend, const TensorType& type, const Format& from, const Format& to, int threads) {
  constexpr double strided_is_dearer = 2;
  constexpr double device_kernel = 1.2e-6;  // what the shortest kernel takes from launch to launch, which measured ones include
  const Dims dims = type.shape.dims();
  const auto bytes = static_cast<double>(stored_bytes(from, dims) + stored_bytes(to, dims));
  const bool strided = innermost_axis(from.layout, dims) != innermost_axis(to.layout, dims);
  Variant variant;
  variant.inputs = {from};
  variant.outputs = {to};
  variant.estimate = bytes / std::max(1.0, backend.memory_bandwidth(threads)) * (strided ? strided_is_dearer : 1);
  const Device* device = backend.device();
  if (device != nullptr) variant.estimate += device_kernel;
  if (from.space == to.space) return variant;
  BURNISH_CHECK(device != nullptr, "backend {} has no memory of its own", backend.name());
  // Storage and layout change on the device, in a workspace, so what crosses has the host's format.
  const Format& on_host = from.space == Space::host ? from : to;
  const int64_t crossing = stored_bytes(on_host, dims);
  variant.estimate += device->transfer_latency() + static_cast<double>(crossing) / device->transfer_bandwidth();
  const Format other = {from.storage, from.layout, to.space};
  if (not same_memory(other, to, dims)) variant.workspace = crossing;
  return variant;
}

bool same_memory(const Format& a, const Format& b, std::span<const int64_t> dims) {
  if (a.storage != b.storage or a.space != b.space) return false;
  if (a.layout == b.layout or std::ranges::find(dims, 0) != dims.end()) return true;
  return a.layout.stored_elements(dims) == b.layout.stored_elements(dims) and digits_of(a.layout, dims) == digits_of(b.layout, dims);
}

}  // namespace burnish::tactics
