#include "backends/cuda/kernels/matrix_product.h"

#include <algorithm>
#include <cmath>

#include "backends/cuda/kernels/formats.h"
#include "ops/conv.h"
#include "ops/matmul.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using tactics::Verdict;

FoundProduct refused(std::string reason) { return {Verdict::no(std::move(reason)), {}}; }

/// A batch axis: its extent, and how far each operand moves along it.
struct BatchAxis {
  int64_t extent = 1;
  int64_t left = 0, right = 0;
};

/// Strides over the `rank` batch axes of the result, 0 where the operand has one matrix.
Dims batch_strides(const Dims& dims, size_t rank) {
  Dims strides(rank, 0);
  if (dims.size() < 2) return strides;
  int64_t stride = dims[dims.size() - 1] * dims[dims.size() - 2];
  for (size_t i = 2; i < dims.size(); ++i) {
    const int64_t extent = dims[dims.size() - 1 - i];
    if (extent != 1) strides[rank + 1 - i] = stride;
    stride *= extent;
  }
  return strides;
}

std::vector<BatchAxis> merged_batches(const Dims& left, const Dims& right) {
  const size_t rank = std::max({left.size(), right.size(), size_t{2}}) - 2;
  const Dims left_strides = batch_strides(left, rank), right_strides = batch_strides(right, rank);
  const auto extent = [&](const Dims& dims, size_t axis) {
    const size_t behind = rank - axis + 2;  // axes from this one to the end
    return dims.size() < behind ? 1 : dims[dims.size() - behind];
  };
  std::vector<BatchAxis> axes;
  for (size_t i = 0; i < rank; ++i) {
    const BatchAxis axis{std::max(extent(left, i), extent(right, i)), left_strides[i], right_strides[i]};
    if (axis.extent == 1) continue;
    if (not axes.empty() and axes.back().left == axis.left * axis.extent and axes.back().right == axis.right * axis.extent)
      axes.back() = {axes.back().extent * axis.extent, axis.left, axis.right};
    else axes.push_back(axis);
  }
  return axes;
}

MatrixOperand operand_of(size_t input, const Dims& dims, bool transposed, bool is_left) {
  MatrixOperand operand;
  operand.input = input;
  operand.leading = dims.back();
  operand.k_inner = is_left != transposed;
  if (dims.size() == 1) {
    operand.k_inner = true;  // one row or one column: both ways of reading it are the same
    operand.leading = dims[0];
  }
  return operand;
}

}  // namespace

double MatrixProduct::flops() const {
  return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) * static_cast<double>(batches());
}

FoundProduct matmul_product(const OpRequest& request) {
  const auto* op = request.op.as<ops::MatMul>();
  if (op == nullptr) return refused("not a matrix product");
  const Dims a = request.dims(0), b = request.dims(1);
  if (element_count(request.output_dims()) == 0 or element_count(a) == 0) return refused("empty tensors");
  FoundProduct found;
  MatrixProduct& product = found.product;
  const bool transpose_a = op->transpose_a and a.size() > 1, transpose_b = op->transpose_b and b.size() > 1;
  product.left = operand_of(0, a, transpose_a, true);
  product.right = operand_of(1, b, transpose_b, false);
  product.k = a[a.size() - (transpose_a ? 2 : 1)];
  product.m = a.size() == 1 ? 1 : a[a.size() - (transpose_a ? 1 : 2)];
  product.n = b.size() == 1 ? 1 : b[b.size() - (transpose_b ? 2 : 1)];
  product.layout = Layout::row_major(request.output_dims().size());
  std::vector<BatchAxis> axes = merged_batches(a, b);
  // Rows of all batches that share the right matrix are rows of one product.
  while (not axes.empty() and product.left.k_inner and axes.back().right == 0 and axes.back().left == product.m * product.k) {
    product.m *= axes.back().extent;
    axes.pop_back();
  }
  if (axes.size() > 2) return refused("batches that broadcast in more than two ways");
  for (size_t i = 0; i < axes.size(); ++i) {
    const size_t place = 2 - axes.size() + i;
    product.batch[place] = axes[i].extent;
    product.left.batch_strides[place] = axes[i].left;
    product.right.batch_strides[place] = axes[i].right;
  }
  if (std::max({product.m, product.n, product.k, product.batches()}) > INT32_MAX) return refused("more than 2^31 rows or columns");
  return found;
}

FoundProduct pointwise_conv_product(const OpRequest& request) {
  const auto* conv = request.op.as<ops::Conv>();
  if (conv == nullptr) return refused("not a convolution");
  const Dims input = request.dims(0), weight = request.dims(1);
  const ops::Window window = ops::window_of(*conv, request.inputs[0].type.shape, request.inputs[1].type.shape);
  const auto all_are = [](const std::vector<int64_t>& values, int64_t wanted) {
    return std::ranges::all_of(values, [&](int64_t value) { return value == wanted; });
  };
  if (not all_are(window.kernel, 1)) return refused("windows of more than one element");
  if (not all_are(window.strides, 1)) return refused("strides above 1");
  if (not all_are(window.pads, 0)) return refused("padding");
  if (conv->group != 1) return refused("several groups");
  if (element_count(input) == 0 or element_count(weight) == 0) return refused("empty tensors");
  FoundProduct found;
  MatrixProduct& product = found.product;
  product.m = element_count(input) / input[1];
  product.k = input[1];
  product.n = weight[0];
  product.left = {.input = 0, .k_inner = true, .leading = product.k, .batch_strides = {}};
  product.right = {.input = 1, .k_inner = true, .leading = product.k, .batch_strides = {}};
  if (request.anchor_inputs > 2 and request.inputs[2].present) product.bias = 2;
  product.layout = Layout::channels_last(input.size());
  if (product.m > INT32_MAX) return refused("more than 2^31 pixels");
  return found;
}

FoundProduct window_conv_product(const OpRequest& request, int64_t piece) {
  constexpr int64_t longest_axis = 32767;
  const auto whole_pieces = [&](int64_t elements) { return (elements + piece - 1) / piece * piece; };
  const auto* conv = request.op.as<ops::Conv>();
  if (conv == nullptr) return refused("not a convolution");
  const Dims input = request.dims(0), weight = request.dims(1), output = request.output_dims();
  if (input.size() != 4) return refused("not two spatial axes");
  if (conv->group != 1) return refused("several groups");
  if (request.inputs[1].constant == nullptr) return refused("the filters are computed");
  if (element_count(input) == 0 or element_count(weight) == 0 or element_count(output) == 0) return refused("empty tensors");
  if (element_count(input) / input[1] > INT32_MAX / 2 / (input[1] + piece - 1) or std::max(input[2], input[3]) > longest_axis)
    return refused("a large image");
  const ops::Window window = ops::window_of(*conv, request.inputs[0].type.shape, request.inputs[1].type.shape);
  const ops::WindowBox box = ops::window_box(std::span(input).subspan(2), std::span(output).subspan(2), window);
  for (const ops::WindowAxis& axis : box)
    if (std::max({axis.kernel * axis.dilation, axis.output * axis.stride, axis.pad_begin}) > longest_axis / 2)
      return refused("windows that reach far");
  FoundProduct found;
  MatrixProduct& product = found.product;
  product.m = element_count(output) / output[1];
  // Runs of half a piece are copied too: for few channels, and for bytes rather than padding them.
  const bool halved = input[1] <= piece / 2 or (piece > 8 and input[1] % (piece / 2) == 0);
  const int64_t channels = halved ? std::max(input[1], piece / 2) : whole_pieces(input[1]);
  product.image = ConvImage{input[1], channels, box[1], box[2]};
  product.k = whole_pieces(box[1].kernel * box[2].kernel * channels);
  product.n = weight[0];
  product.left = {.input = 0, .k_inner = true, .leading = product.k, .batch_strides = {}};
  product.right = {.input = 1, .k_inner = true, .leading = product.k, .batch_strides = {}};
  if (request.anchor_inputs > 2 and request.inputs[2].present) product.bias = 2;
  product.layout = Layout::channels_last(input.size());
  if (product.m > INT32_MAX / 2) return refused("more than 2^30 pixels");
  return found;
}

Dims walked(const Dims& values, const Layout& layout) {
  Dims made;
  for (const uint8_t axis : layout.order) made.push_back(values[axis]);
  return made;
}

bool is_per_column(const OpRequest& request, const MatrixProduct& product, size_t input) {
  const Dims output = request.output_dims(), dims = request.dims(input);
  if (output.empty() or element_count(dims) != product.n) return false;
  if (input < request.anchor_inputs) return true;
  if (product.n == 1) return true;
  const size_t axis = product.layout.order.back(), missing = output.size() - dims.size();
  return axis >= missing and dims[axis - missing] == product.n and output[axis] == product.n;
}

double matrix_peak(DType type) {
  const GpuFacts& facts = gpu().facts();
  const bool halves = type == DType::f16 or type == DType::bf16, bytes = byte_size(type) == 1;
  const double halves_each_cycle = facts.capability >= 90 ? 2048 : 1024;  // of one multiprocessor
  const double each_cycle = bytes ? 2 * halves_each_cycle : halves ? halves_each_cycle : type == DType::f64 ? 64 : 128;
  return std::max(1e9, 2 * each_cycle * facts.processors * facts.clock);
}

double product_seconds(const OpRequest& request, const tactics::Variant& variant, const MatrixProduct& product, DType type, double share) {
  constexpr double tile = 64;
  const double tiles = std::ceil(static_cast<double>(product.m) / tile) * std::ceil(static_cast<double>(product.n) / tile) *
                       static_cast<double>(product.batches());
  const double busy = std::clamp(tiles / std::max(1, gpu().facts().processors), 0.1, 1.0);  // fewer tiles are split along k
  return std::max(memory_seconds(request, variant), 1.5e-6 + product.flops() / (matrix_peak(type) * share * busy));
}

}  // namespace burnish::cuda
