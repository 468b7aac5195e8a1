// Stores, runs and compares.
#include "unit/backends_cpu/check_tactic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/parallel.h"
#include "ir/evaluate.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/fused.h"
#include "ops/matmul.h"
#include "tactics/sample_data.h"
#include "tensor/number.h"

namespace burnish::cpu {
namespace {

using tactics::BufferRef;
using tactics::Format;

/// Bytes at an address that is a multiple of 64.
class Buffer {
 public:
  explicit Buffer(int64_t bytes, int fill = 0) : bytes_(bytes), memory_(static_cast<size_t>(bytes) + 64) {
    data_ = reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(memory_.data()) + 63) / 64 * 64);
    std::memset(data_, fill, static_cast<size_t>(bytes));
  }
  std::byte* data() const { return data_; }
  BufferRef ref() const { return {data_, bytes_}; }

 private:
  int64_t bytes_;
  std::vector<std::byte> memory_;
  std::byte* data_;
};

/// Calls visit(flat index, address) for every element, in row-major order.
template <class Visit>
void each_element(const Buffer& buffer, const Format& format, const Dims& dims, const Visit& visit) {
  Dims index(dims.size(), 0);
  const int64_t count = element_count(dims);
  for (int64_t i = 0; i < count; ++i) {
    visit(i, buffer.data() + format.layout.offset(dims, index) * static_cast<int64_t>(byte_size(format.storage)));
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++index[axis] < dims[axis]) break;
      index[axis] = 0;
    }
  }
}

Buffer stored(const Tensor& tensor, const Format& format) {
  Buffer buffer(tactics::stored_bytes(format, tensor.dims()));
  each_element(buffer, format, tensor.dims(), [&](int64_t i, std::byte* at) {
    if (is_floating(format.storage)) store_number(format.storage, at, tensor.number(i));
    else store_integer(format.storage, at, tensor.integer(i));
  });
  return buffer;
}

/// How many products one result of the anchor sums.
int64_t summed_terms(const tactics::OpRequest& request) {
  if (request.op.is<ops::Conv>()) return element_count(request.dims(1)) / request.dims(1)[0];
  if (request.op.is<ops::ConvTranspose>()) return element_count(request.dims(1)) / request.dims(1)[1];
  if (request.op.is<ops::MatMul>()) return request.dims(0).back();
  return 1;
}

/// Inputs are at most 1, so rounding them to bf16 moves a product by less than 2^-8, and a sum as a random walk of that step; the result is
/// rounded once more. Epilogues have slopes near 1.
double tolerance_for(const tactics::OpRequest& request, bool narrow, double largest) {
  if (not narrow) return 1e-5 * std::max(largest, 1e-3);
  return 0x1p-8 * std::sqrt(static_cast<double>(summed_terms(request))) + 0x1p-7 * largest;
}

void expect_close(const Buffer& buffer, const Format& format, const Tensor& expected, const tactics::OpRequest& request, bool narrow) {
  double largest = 0;
  for (int64_t i = 0; i < expected.size(); ++i) largest = std::max(largest, std::abs(expected.number(i)));
  double worst = 0;
  double sum = 0;
  each_element(buffer, format, expected.dims(), [&](int64_t i, const std::byte* at) {
    const double error = std::abs(load_number(format.storage, at) - expected.number(i));
    if (not(error <= worst)) worst = error;
    sum += std::abs(load_number(format.storage, at));
  });
  EXPECT_LE(worst, tolerance_for(request, narrow, largest));
  double with_padding = 0;
  const auto width = static_cast<int64_t>(byte_size(format.storage));
  for (int64_t at = 0; at < tactics::stored_bytes(format, expected.dims()); at += width)
    with_padding += std::abs(load_number(format.storage, buffer.data() + at));
  EXPECT_NEAR(sum, with_padding, 1e-6 * (1 + sum)) << "the padding is not zero";
}

void check_variant(const tactics::Tactic& tactic, const tactics::OpRequest& request, const tactics::Variant& variant,
                   std::span<const Tensor> inputs, std::span<const Tensor> expected) {
  SCOPED_TRACE(variant.text());
  PackingContext context;
  const auto kernel = tactic.build(context, request, variant);
  std::vector<Buffer> buffers;
  std::vector<BufferRef> in, out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const bool kept = not request.inputs[i].present or (not variant.keeps_constant.empty() and variant.keeps_constant.at(i));
    buffers.push_back(kept ? Buffer(0) : stored(inputs[i], variant.inputs.at(i)));
    in.push_back(kept ? BufferRef{} : buffers.back().ref());
  }
  std::vector<Buffer> results;
  for (size_t i = 0; i < request.outputs.size(); ++i) {
    results.emplace_back(tactics::stored_bytes(variant.outputs.at(i), request.output_dims(i)), 0xff);
    out.push_back(request.wanted[i] ? results.back().ref() : BufferRef{});
  }
  const Buffer workspace(variant.workspace, 0xff);
  tactics::RunContext run{.threads = thread_count(), .stream = nullptr};
  for (int repeat = 0; repeat < 2; ++repeat) {
    const Status status = kernel->run(run, in, out, workspace.data());
    ASSERT_TRUE(status) << status.message();
  }
  bool narrow = not variant.knobs.empty();
  for (const auto& formats : {variant.inputs, variant.outputs})
    for (const Format& format : formats) narrow = narrow or format.storage == DType::bf16 or format.storage == DType::f16;
  for (size_t i = 0; i < expected.size(); ++i)
    if (request.wanted[i]) expect_close(results[i], variant.outputs[i], expected[i], request, narrow);
}

std::vector<Tensor> feeds_of(const tactics::OpRequest& request) {
  std::vector<Tensor> feeds;
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const auto& input = request.inputs[i];
    if (not input.present) feeds.emplace_back();
    else if (input.constant != nullptr) feeds.push_back(*input.constant);
    else feeds.push_back(tactics::sample_tensor(input.type.dtype, request.dims(i), 100 + i, tactics::SampleIntegers::numbers));
  }
  return feeds;
}

}  // namespace

Feed data(Dims dims) { return {{DType::f32, Shape(std::span<const int64_t>(dims)), {}}, false, true}; }
Feed weights(Dims dims) { return {{DType::f32, Shape(std::span<const int64_t>(dims)), {}}, true, true}; }
Feed omitted() { return {{}, false, false}; }

int PackingContext::threads() const { return thread_count(); }
Tensor PackingContext::artifact(const Hash128& key, const std::function<Tensor()>& make) {
  for (const auto& [known, tensor] : kept_)
    if (known == key) return tensor;
  ++made;
  return kept_.emplace_back(key, make()).second;
}
Hash128 PackingContext::hash_of_constant(const std::shared_ptr<const Tensor>& constant) {
  return hash_of(std::span(constant->data(), constant->bytes()));
}

Graph graph_of(const Sample& sample) {
  Graph graph;
  std::vector<Feed> feeds = sample.inputs;
  feeds.insert(feeds.end(), sample.operands.begin(), sample.operands.end());
  std::vector<ValueId> values;
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (not feeds[i].present) values.emplace_back();
    else if (feeds[i].constant)
      values.push_back(graph.add_constant(
          tactics::sample_tensor(feeds[i].type.dtype, feeds[i].type.shape.dims(), 7 + i, tactics::SampleIntegers::numbers)));
    else values.push_back(graph.add_input(fmt::format("input_{}", i), feeds[i].type));
  }
  Op op = sample.op;
  if (not sample.epilogue.empty())
    op = ops::Fused{
        .anchor = sample.op, .anchor_inputs = static_cast<int64_t>(sample.inputs.size()), .epilogue = Expr::parse(sample.epilogue)};
  const NodeId node = graph.add_node(op, values, sample.outputs);
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  return graph;
}

tactics::OpRequest request_of(const Sample& sample, std::vector<DType> permitted) {
  const Graph graph = graph_of(sample);
  return tactics::make_request(graph, graph.node(graph.order().front()),
                               {.threads = thread_count(), .device = "test", .permitted = std::move(permitted)});
}

std::vector<std::string> check_tactic(std::string_view id, const Sample& sample, std::vector<DType> permitted) {
  const Graph graph = graph_of(sample);
  return check_node(id, graph, graph.order().front(), std::move(permitted));
}

std::vector<std::string> check_node(std::string_view id, const Graph& graph, NodeId node, std::vector<DType> permitted) {
  SCOPED_TRACE(std::string(id) + " " + graph.node(node).op.text());
  const tactics::Tactic* tactic = tactics::registry().find_tactic(id);
  if (tactic == nullptr) {
    ADD_FAILURE() << "there is no such tactic";
    return {};
  }
  const tactics::OpRequest request =
      tactics::make_request(graph, graph.node(node), {.threads = thread_count(), .device = "test", .permitted = std::move(permitted)});
  const tactics::Verdict verdict = tactic->supports(request);
  EXPECT_TRUE(verdict) << verdict.reason();
  if (not verdict) return {};
  const std::vector<Tensor> feeds = feeds_of(request);
  const std::vector<Tensor> expected = evaluate(graph.node(node), feeds);
  tactics::VariantSink sink;
  tactic->variants(request, sink);
  EXPECT_FALSE(sink.variants.empty());
  for (const auto& [what, reason] : sink.refusals)
    if (sink.variants.empty()) ADD_FAILURE() << what << ": " << reason;
  std::vector<std::string> texts;
  for (const tactics::Variant& variant : sink.variants) {
    check_variant(*tactic, request, variant, feeds, expected);
    texts.push_back(variant.text());
  }
  return texts;
}

std::string refusal(std::string_view id, const Sample& sample) {
  const tactics::Verdict verdict = tactics::registry().find_tactic(id)->supports(request_of(sample));
  return verdict ? std::string() : verdict.reason();
}

}  // namespace burnish::cpu
