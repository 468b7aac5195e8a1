#include "backends/cuda/kernels/plain_product.h"

#include <algorithm>
#include <cmath>

#include "backends/cuda/kernels/formats.h"
#include "base/error.h"
#include "ops/quantized.h"

namespace burnish::cuda {
namespace {

using tactics::Operand;
using tactics::OpRequest;
using tactics::Variant;
using Index = ops::QuantizedOperand::Index;

bool has_input(const OpRequest& request, size_t index) { return index < request.anchor_inputs and request.inputs[index].present; }

const Tensor& constant_at(const OpRequest& request, size_t index) { return *request.inputs.at(index).constant; }

/// Whether the zero point is known only while running.
bool computes_zero_point(const OpRequest& request) {
  return has_input(request, Index::zero_point) and request.inputs[Index::zero_point].constant == nullptr;
}

/// Where it is known.
int64_t zero_point_of(const OpRequest& request) {
  if (not has_input(request, Index::zero_point) or computes_zero_point(request)) return 0;
  return constant_at(request, Index::zero_point).integer(0);
}

/// The weights as filters: output channels, and how many elements lie between neighbours of one filter and of two filters.
struct Filters {
  int64_t count = 1, terms = 1;
  int64_t along = 1, across = 1;
};

Filters filters_of(const OpRequest& request) {
  const Dims dims = request.dims(Index::w);
  const auto* product = request.op.as<ops::QuantizedMatMul>();
  if (product != nullptr and not product->transpose_b) return {dims[1], dims[0], dims[1], 1};
  const int64_t terms = element_count(dims) / std::max<int64_t>(1, dims[0]);
  return {dims[0], terms, 1, terms};
}

float scale_at(const OpRequest& request, int64_t filter) {
  const Tensor& scale = constant_at(request, Index::scale);
  return static_cast<float>(scale.number(scale.size() == 1 ? 0 : filter));
}

Operand made(Tensor tensor) {
  Operand operand;
  operand.type = {tensor.dtype(), Shape(tensor.dims()), {}};
  operand.constant = std::make_shared<const Tensor>(std::move(tensor));
  return operand;
}

/// Dims over which one value for each output channel broadcasts against the result.
Dims channel_dims(const OpRequest& request, int64_t filters) {
  if (request.op.is<ops::QuantizedMatMul>()) return {filters};
  Dims dims(request.output_dims().size(), 1);
  dims[1] = filters;
  return dims;
}

Tensor scales_of(const OpRequest& request) {
  const Filters filters = filters_of(request);
  Tensor scales(DType::f32, channel_dims(request, filters.count));
  for (int64_t i = 0; i < filters.count; ++i) scales.set_number(i, scale_at(request, i));
  return scales;
}

/// Whether pixels at the border see fewer elements than others, and x is not zero there.
bool differs_by_pixel(const OpRequest& request) {
  const auto* conv = request.op.as<ops::QuantizedConv>();
  if (conv == nullptr or (zero_point_of(request) == 0 and not computes_zero_point(request))) return false;
  const ops::Window window = ops::window_of(*conv, request.inputs[Index::x].type.shape, request.inputs[Index::w].type.shape);
  return std::ranges::any_of(window.pads, [](int64_t pad) { return pad != 0; });
}

/// Sums of a filter's weights over the taps inside the image, for each output pixel. What is padded holds the zero point, which kernels skip.
std::vector<int64_t> sums_by_pixel(const OpRequest& request, int64_t filter) {
  const auto& conv = *request.op.as<ops::QuantizedConv>();
  const Dims input = request.dims(Index::x), output = request.output_dims(), weight = request.dims(Index::w);
  const ops::Window window = ops::window_of(conv, request.inputs[Index::x].type.shape, request.inputs[Index::w].type.shape);
  const ops::WindowBox box = ops::window_box(std::span(input).subspan(2), std::span(output).subspan(2), window);
  const int64_t taps = box[0].kernel * box[1].kernel * box[2].kernel, channels = weight[1];
  const Tensor& weights = constant_at(request, Index::w);
  std::vector<int64_t> by_tap(static_cast<size_t>(taps), 0);
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t tap = 0; tap < taps; ++tap)
      by_tap[static_cast<size_t>(tap)] += weights.integer((filter * channels + channel) * taps + tap);
  const auto inside = [](const ops::WindowAxis& axis, int64_t at, int64_t tap) {
    const int64_t place = at * axis.stride - axis.pad_begin + tap * axis.dilation;
    return place >= 0 and place < axis.input;
  };
  std::vector<int64_t> sums;
  for (int64_t z = 0; z < box[0].output; ++z)
    for (int64_t y = 0; y < box[1].output; ++y)
      for (int64_t x = 0; x < box[2].output; ++x) {
        int64_t sum = 0;
        for (int64_t tap = 0; tap < taps; ++tap) {
          const int64_t rest = tap / box[2].kernel;
          if (inside(box[0], z, rest / box[1].kernel) and inside(box[1], y, rest % box[1].kernel) and
              inside(box[2], x, tap % box[2].kernel))
            sum += by_tap[static_cast<size_t>(tap)];
        }
        sums.push_back(sum);
      }
  return sums;
}

int64_t sum_of(const OpRequest& request, const Filters& filters, int64_t filter) {
  const Tensor& weights = constant_at(request, Index::w);
  int64_t sum = 0;
  for (int64_t i = 0; i < filters.terms; ++i) sum += weights.integer(filter * filters.across + i * filters.along);
  return sum;
}

/// What each filter's weights add up to: by channel, or, where pixels at the border see fewer of them, by channel and pixel.
Tensor sums_of(const OpRequest& request, bool with_numbers, bool channels_last) {
  const Filters filters = filters_of(request);
  const bool by_pixel = differs_by_pixel(request);
  Dims dims = channel_dims(request, filters.count);
  if (by_pixel) {
    dims = request.output_dims();
    dims[0] = 1;
  }
  Tensor made_sums(DType::f32, dims);
  if (not with_numbers) return made_sums;
  const int64_t pixels = made_sums.size() / filters.count;
  for (int64_t filter = 0; filter < filters.count; ++filter) {
    const std::vector<int64_t> sums = by_pixel ? sums_by_pixel(request, filter) : std::vector<int64_t>{sum_of(request, filters, filter)};
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      made_sums.set_number(channels_last ? pixel * filters.count + filter : filter * pixels + pixel,
                           static_cast<double>(sums[static_cast<size_t>(pixel)]));
  }
  return made_sums;
}

/// What is added to the scaled sum of x * w: the bias, less what a known zero point contributed.
Tensor additions_of(const OpRequest& request, bool with_numbers, bool channels_last) {
  const int64_t filters = filters_of(request).count, zero = zero_point_of(request);
  Tensor added = zero == 0 ? Tensor(DType::f32, channel_dims(request, filters)) : sums_of(request, with_numbers, channels_last);
  if (not with_numbers) return added;
  const int64_t pixels = added.size() / filters;
  for (int64_t i = 0; i < added.size(); ++i) {
    const int64_t filter = channels_last ? i % filters : i / pixels;
    const double bias = has_input(request, Index::bias) ? constant_at(request, Index::bias).number(filter) : 0;
    added.set_number(i, bias - scale_at(request, filter) * static_cast<double>(zero) * added.number(i));
  }
  return added;
}

Tensor scaled_weights(const OpRequest& request, bool with_numbers) {
  Tensor result(DType::f32, request.dims(Index::w));
  if (not with_numbers) return result;
  const Filters filters = filters_of(request);
  const Tensor& weights = constant_at(request, Index::w);
  for (int64_t filter = 0; filter < filters.count; ++filter)
    for (int64_t i = 0; i < filters.terms; ++i) {
      const int64_t at = filter * filters.across + i * filters.along;
      result.set_number(at, weights.number(at) * scale_at(request, filter));
    }
  return result;
}

/// (sum - zero * sums) * scale + added, as far as they are there, and then the request's own epilogue.
Expr epilogue_of(const OpRequest& request, bool scales, bool adds) {
  Expr affine;
  ExprOperand value = affine.add_input(DType::f32), next = 1;
  const bool centers = computes_zero_point(request);
  if (centers) {
    affine.add_input(request.inputs[Index::zero_point].type.dtype);
    affine.add_input(DType::f32);
  }
  if (scales) affine.add_input(DType::f32);
  if (adds) affine.add_input(DType::f32);
  if (centers) {
    const ExprOperand zero = affine.add_step(ExprCode::cast, DType::f32, {next++, 0, 0});
    const ExprOperand excess = affine.add_step(ExprCode::mul, DType::f32, {zero, next++, 0});
    value = affine.add_step(ExprCode::sub, DType::f32, {value, excess, 0});
  }
  if (scales) value = affine.add_step(ExprCode::mul, DType::f32, {value, next++, 0});
  if (adds) value = affine.add_step(ExprCode::add, DType::f32, {value, next++, 0});
  affine.outputs = {value};
  return request.has_epilogue() ? composed(affine, 0, request.epilogue, 0) : affine;
}

Op plain_op(const Op& op) {
  if (const auto* conv = op.as<ops::QuantizedConv>()) return static_cast<const ops::Conv&>(*conv);
  return static_cast<const ops::MatMul&>(*op.as<ops::QuantizedMatMul>());
}

}  // namespace

std::string restating_refusal(const OpRequest& request, Reading reading) {
  if (not ops::is_quantized_product(request.op)) return "not a product of quantized tensors";
  for (const size_t index : {size_t{Index::w}, size_t{Index::scale}, size_t{Index::bias}})
    if (has_input(request, index) and request.inputs[index].constant == nullptr) return "weights, scales or bias are computed";
  if (computes_zero_point(request) and reading == Reading::scaled) return "the zero point is computed";
  if (request.inputs[Index::x].constant != nullptr) return "a constant input";
  if (element_count(request.output_dims()) == 0 or element_count(request.dims(Index::w)) == 0) return "empty tensors";
  if (request.op.is<ops::QuantizedConv>() and (request.dims(Index::x).size() < 3 or request.dims(Index::x).size() > 5))
    return "not one to three spatial axes";
  if (reading != Reading::scaled) return {};
  // Below this, scaled weights of 1 are rounded noticeably where they become halves.
  constexpr double smallest = 1e-6;
  const Tensor& scale = constant_at(request, Index::scale);
  for (int64_t i = 0; i < scale.size(); ++i)
    if (std::abs(scale.number(i)) < smallest) return "scales too small for weights in halves";
  return {};
}

PlainProduct restated(const OpRequest& request, Reading reading, bool with_numbers, bool channels_last) {
  PlainProduct plain;
  plain.request = request;
  OpRequest& made_request = plain.request;
  made_request.op = plain_op(request.op);
  made_request.anchor_inputs = 2;
  made_request.inputs = {request.inputs[Index::x], request.inputs[Index::w]};
  plain.from = {Index::x, Index::w};
  if (reading != Reading::bytes) made_request.inputs[0].type.dtype = DType::f32;
  const bool scales = reading != Reading::scaled;
  bool adds = has_input(request, Index::bias) or zero_point_of(request) != 0;
  if (reading == Reading::scaled) made_request.inputs[1] = made(scaled_weights(request, with_numbers));
  if (computes_zero_point(request)) {
    made_request.inputs.push_back(request.inputs[Index::zero_point]);
    plain.from.emplace_back(Index::zero_point);
    made_request.inputs.push_back(made(sums_of(request, with_numbers, channels_last)));
  }
  if (scales) made_request.inputs.push_back(made(scales_of(request)));
  if (adds) made_request.inputs.push_back(made(additions_of(request, with_numbers, channels_last)));
  if (adds and not scales and request.op.is<ops::QuantizedConv>() and not differs_by_pixel(request)) {
    const Tensor& bias = *made_request.inputs.back().constant;
    made_request.inputs.back() = made(bias.reshaped({bias.size()}));
    made_request.anchor_inputs = 3;
    adds = false;
  }
  plain.from.resize(made_request.inputs.size());
  if (scales or adds or request.has_epilogue()) made_request.epilogue = epilogue_of(request, scales, adds);
  for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i) {
    made_request.inputs.push_back(request.inputs[i]);
    plain.from.emplace_back(i);
  }
  return plain;
}

Variant quantized_variant(const OpRequest& quantized, const PlainProduct& plain, const Variant& variant) {
  Variant mapped = variant;
  mapped.inputs.clear();
  for (const Operand& operand : quantized.inputs)
    mapped.inputs.push_back(operand.present ? device_format(operand.type) : tactics::Format{});
  mapped.keeps_constant.clear();
  for (const Operand& operand : quantized.inputs) mapped.keeps_constant.push_back(operand.constant != nullptr);
  mapped.in_place = -1;
  for (size_t i = 0; i < plain.from.size(); ++i) {
    if (not plain.from[i] or quantized.inputs[*plain.from[i]].constant != nullptr) continue;
    mapped.inputs[*plain.from[i]] = variant.inputs[i];
    if (variant.in_place == static_cast<int>(i)) mapped.in_place = static_cast<int>(*plain.from[i]);
  }
  return mapped;
}

Variant plain_variant_of(const PlainProduct& plain, const Variant& variant, bool channels_last) {
  Variant mapped = variant;
  mapped.inputs.clear();
  mapped.keeps_constant.clear();
  for (size_t i = 0; i < plain.from.size(); ++i) {
    const Operand& operand = plain.request.inputs[i];
    const bool constant = operand.constant != nullptr;
    tactics::Format format = device_format(operand.type);
    // What was made for every pixel lies as the result does.
    const Dims dims = operand.type.shape.dims();
    const bool by_pixel = not plain.from[i] and dims.size() > 2 and i > 1 and element_count(dims) > dims[1];
    if (by_pixel and channels_last) format.layout = Layout::channels_last(operand.type.shape.rank());
    mapped.inputs.push_back(constant ? format : variant.inputs[plain.from[i].value()]);
    mapped.keeps_constant.push_back(constant);
  }
  mapped.in_place = -1;
  return mapped;
}

}  // namespace burnish::cuda
