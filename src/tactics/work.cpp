// Counts by operator for those whose work is not proportional to the elements they touch.
#include "tactics/work.h"

#include <algorithm>

#include "ops/attention.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"
#include "ops/packed_attention.h"
#include "ops/pointwise.h"
#include "ops/pool.h"
#include "ops/quantized.h"
#include "ops/recurrent.h"

namespace burnish::tactics {
namespace {

double elements(const TensorType& type) { return static_cast<double>(element_count(type.shape.dims())); }

double elements(const OpRequest& request, size_t input) {
  return input < request.inputs.size() and request.inputs[input].present ? elements(request.inputs[input].type) : 0;
}

double extent(const OpRequest& request, size_t input, size_t axis) {
  return static_cast<double>(std::max<int64_t>(1, request.dims(input).at(axis)));
}

double matmul_depth(const ops::MatMul& matmul, const Dims& a) {
  if (a.empty()) return 1;
  const bool swapped = matmul.transpose_a and a.size() > 1;
  return static_cast<double>(swapped ? a[a.size() - 2] : a.back());
}

double window_elements(const ops::Pool& pool) {
  double product = 1;
  for (const int64_t size : pool.kernel) product *= static_cast<double>(size);
  return product;
}

/// LSTM and GRU: every step multiplies the input by W and the state by R.
double recurrent_operations(const OpRequest& request) {
  const double steps_and_batch = extent(request, 0, 0) * extent(request, 0, 1);
  return 2 * steps_and_batch * (elements(request, 1) + elements(request, 2));
}

/// Every token of a window is multiplied with every other, for the scores and for the result.
double packed_attention_operations(const ops::PackedAttention& attention, const OpRequest& request, double produced) {
  return 4 * produced * static_cast<double>(ops::TokenMap(attention, request.dims(0)).tokens());
}

double anchor_operations(const OpRequest& request, double touched, double produced) {
  if (request.op.is<ops::Conv>() or request.op.is<ops::QuantizedConv>()) return 2 * produced * elements(request, 1) / extent(request, 1, 0);
  if (request.op.is<ops::ConvTranspose>()) return 2 * elements(request, 0) * elements(request, 1) / extent(request, 1, 0);
  if (const auto* matmul = request.op.as<ops::MatMul>()) return 2 * produced * matmul_depth(*matmul, request.dims(0));
  if (const auto* matmul = request.op.as<ops::QuantizedMatMul>()) return 2 * produced * matmul_depth(*matmul, request.dims(0));
  if (const auto* attention = request.op.as<ops::PackedAttention>()) return packed_attention_operations(*attention, request, produced);
  if (const auto* pool = request.op.as<ops::Pool>()) return produced * window_elements(*pool);
  if (const auto* pointwise = request.op.as<ops::Pointwise>()) return produced * static_cast<double>(pointwise->expr.steps.size());
  if (request.op.is<ops::Lstm>() or request.op.is<ops::Gru>()) return recurrent_operations(request);
  if (request.op.is<ops::Attention>())
    return 2 * extent(request, 0, request.dims(0).size() - 2) * (elements(request, 1) + elements(request, 2));
  return touched;
}

}  // namespace

Work work_of(const OpRequest& request) {
  Work work;
  double touched = 0;
  double produced = 0;
  for (const Operand& operand : request.inputs) {
    if (not operand.present) continue;
    touched += elements(operand.type);
    work.bytes += elements(operand.type) * static_cast<double>(byte_size(operand.type.dtype));
  }
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    produced = std::max(produced, elements(request.outputs[i]));
    if (request.wanted.at(i)) work.bytes += elements(request.outputs[i]) * static_cast<double>(byte_size(request.outputs[i].dtype));
  }
  work.operations =
      anchor_operations(request, touched + produced, produced) + produced * static_cast<double>(request.epilogue.steps.size());
  return work;
}

}  // namespace burnish::tactics
