#include "backends/cuda/cudnn/convolution.h"

#include <algorithm>
#include <array>

#include "backends/cuda/kernels/formats.h"
#include "base/error.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"

namespace burnish::cuda::cudnn {
namespace {

using tactics::OpRequest;
using tactics::Variant;

constexpr std::array<std::string_view, 3> form_names{"ready ", "generated ", "finished "};  // by Form

bool is_narrow(DType storage) { return storage == DType::f16 or storage == DType::bf16; }
bool is_image_type(DType type) { return type == DType::f32 or is_narrow(type); }

ops::Window window_of_request(const OpRequest& request) {
  if (const auto* conv = request.op.as<ops::Conv>()) return window_of(*conv, request.inputs[0].type.shape, request.inputs[1].type.shape);
  return window_of(*request.op.as<ops::ConvTranspose>(), request.inputs[0].type.shape, request.inputs[1].type.shape);
}

int64_t groups_of(const OpRequest& request) {
  if (const auto* conv = request.op.as<ops::Conv>()) return conv->group;
  return request.op.as<ops::ConvTranspose>()->group;
}

/// Whether a convolution of the result has the source's extents, as a gradient's must.
bool is_gradient(const ops::Window& window, const Dims& source, const Dims& result) {
  const size_t spatial = window.kernel.size();
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t padded = result[i + 2] + window.pads[i] + window.pads[spatial + i];
    const int64_t extent = (window.kernel[i] - 1) * window.dilations[i] + 1;
    if (padded < extent or (padded - extent) / window.strides[i] + 1 != source[i + 2]) return false;
  }
  return true;
}

TensorSpec image(const ConvolutionProblem& problem, const Dims& dims, const tactics::Format& format) {
  const TensorSpec spec = spec_of(dims, format);
  return problem.rank == 3 ? with_axis(spec, 2) : spec;
}

/// One value a channel, or one value.
TensorSpec vector_spec(const TensorSpec& result, int64_t channels, DType type, bool channels_last) {
  TensorSpec spec{Dims(result.dims.size(), 1), Dims(result.dims.size(), channels_last ? channels : 1), type};
  spec.dims[1] = channels;
  spec.strides[0] = channels;
  spec.strides[1] = 1;
  return spec;
}

/// What cuDNN's ready kernels do not add: the bias of a transposed convolution.
std::optional<size_t> bias_to_finish(const OpRequest& request) {
  return request.op.is<ops::ConvTranspose>() ? input_at(request, 2) : std::nullopt;
}

/// Describes the graph of one form step by step.
class Describer {
 public:
  Describer(const OpRequest& request, const ConvolutionProblem& problem, const Variant& variant, Form form)
      : request_(request),
        problem_(problem),
        variant_(variant),
        epilogue_(form == Form::finished ? problem.begun : problem.epilogue),
        ready_(form != Form::generated),
        storage_(variant.outputs[0].storage),
        channels_last_(not variant.outputs[0].layout.is_row_major()),
        result_(image(problem, problem.result, variant.outputs[0])) {}

  Described describe() {
    const Graph::Id source = add_input(0, image(problem_, problem_.source, variant_.inputs[0]));
    const Graph::Id filter = add_filter();
    if (ready_) add_ready_operands();
    else
      for (const EpilogueOperand& operand : epilogue_.operands) operands_.push_back(add_operand(operand));
    values_ = {problem_.transposed ? made_.graph.transposed_convolution(source, filter, problem_.sliding, result_)
                                   : made_.graph.convolution(source, filter, problem_.sliding, result_)};
    if (ready_) append_ready();
    else
      for (const PointwiseNode& node : epilogue_.nodes) append(node);
    made_.graph.output(values_.back(), result_);
    return std::move(made_);
  }

 private:
  Graph::Id add_input(size_t index, const TensorSpec& spec) {
    made_.bindings.push_back({Binding::Source::input, index, spec.type, {}, {}});
    return made_.graph.input(spec);
  }

  /// A constant of the request with the dims of the tensor, converted and laid out as it.
  Graph::Id add_constant(size_t index, const TensorSpec& spec, const Layout& layout) {
    const Dims dims = request_.dims(index), row_major = Layout::row_major(dims.size()).strides(dims);
    Dims extents, strides;
    for (const uint8_t axis : layout.order) {
      extents.push_back(dims[axis]);
      strides.push_back(row_major[axis]);
    }
    made_.bindings.push_back({Binding::Source::constant, index, spec.type, std::move(extents), std::move(strides)});
    return made_.graph.input(spec);
  }

  Graph::Id add_filter() {
    if (request_.inputs[1].constant == nullptr) return add_input(1, image(problem_, problem_.filter, variant_.inputs[1]));
    const size_t rank = problem_.filter.size();
    const Layout layout = channels_last_ ? Layout::channels_last(rank) : Layout::row_major(rank);
    return add_constant(1, image(problem_, problem_.filter, {storage_, layout}), layout);
  }

  Graph::Id add_operand(const EpilogueOperand& operand) {
    const auto& given = request_.inputs[operand.input];
    if (operand.shape == EpilogueOperand::Shape::whole) {
      if (given.constant == nullptr) return add_input(operand.input, image(problem_, problem_.result, variant_.inputs[operand.input]));
      return add_constant(operand.input, image(problem_, problem_.result, {storage_, variant_.outputs[0].layout}),
                          variant_.outputs[0].layout);
    }
    const int64_t count = operand.shape == EpilogueOperand::Shape::channels ? problem_.result[1] : 1;
    // Kernels that are ready want the bias in the result's type; generated ones take it as exact as it is.
    const DType type = given.constant == nullptr ? variant_.inputs[operand.input].storage : ready_ ? storage_ : DType::f32;
    const TensorSpec spec = vector_spec(result_, count, type, channels_last_);
    if (given.constant == nullptr) return add_input(operand.input, spec);
    return add_constant(operand.input, spec, Layout::row_major(request_.dims(operand.input).size()));
  }

  void add_ready_operands() {
    if (epilogue_.nodes.empty()) return;
    pattern_ = *bias_activation_of(epilogue_);
    if (pattern_.residual) residual_ = add_operand(epilogue_.operands[*pattern_.residual]);
    if (pattern_.bias) {
      bias_ = add_operand(epilogue_.operands[*pattern_.bias]);
      return;
    }
    // The pattern has a bias, if only of zeros.
    const int64_t channels = problem_.result[1];
    made_.bindings.push_back({Binding::Source::zeros, 0, storage_, {channels}, {}});
    bias_ = made_.graph.input(vector_spec(result_, channels, storage_, channels_last_));
  }

  void append_ready() {
    if (epilogue_.nodes.empty()) return;
    const auto add = [&](Function function, Graph::Id other) {
      values_.push_back(made_.graph.pointwise({function, {}, {}, 0, {}}, values_.back(), other, result_));
    };
    if (residual_) add(Function::add, *residual_);
    add(Function::add, *bias_);
    if (pattern_.relu) add(Function::relu, 0);
  }

  Graph::Id id_of(const Value& value) {
    switch (value.kind) {
      case Value::Kind::node: return values_.at(value.index);
      case Value::Kind::operand: return operands_.at(value.index);
      case Value::Kind::scalar: return made_.graph.scalar(value.number);
      case Value::Kind::none: break;
    }
    return 0;
  }

  void append(const PointwiseNode& node) {
    const Graph::Id first = id_of(node.first), second = id_of(node.second);
    values_.push_back(made_.graph.pointwise(node, first, second, result_));
  }

  const OpRequest& request_;
  const ConvolutionProblem& problem_;
  const Variant& variant_;
  const Epilogue& epilogue_;
  bool ready_;
  DType storage_;
  bool channels_last_;
  TensorSpec result_;
  Described made_;
  std::vector<Graph::Id> operands_, values_;
  BiasActivation pattern_;
  std::optional<Graph::Id> residual_, bias_;
};

double seconds_of(const OpRequest& request, const ConvolutionProblem& problem, const Variant& variant, Form form) {
  const GpuFacts& facts = gpu().facts();
  const bool narrow = is_narrow(variant.outputs[0].storage);
  const double fma_each_cycle = narrow ? 2048 : 128, share_reached = 0.5;
  const double peak = 2 * fma_each_cycle * facts.processors * facts.clock;
  double seconds = memory_seconds(request, variant) + problem.flops / (share_reached * std::max(1e12, peak));
  if (not narrow and not variant.outputs[0].layout.is_row_major()) seconds *= 1.1;  // its exact engines turn images around
  if (form == Form::finished) {
    constexpr double launch = 2e-6, passes = 2;
    seconds += launch + passes * static_cast<double>(stored_bytes(variant.outputs[0], problem.result)) / std::max(1e9, facts.bandwidth);
  }
  return seconds;
}

/// More than this is not worth a faster kernel.
int64_t workspace_limit(const OpRequest& request, const Variant& variant) {
  constexpr int64_t always = int64_t{256} << 20U, times_tensors = 4;
  int64_t bytes = stored_bytes(variant.outputs[0], request.output_dims());
  for (size_t i = 0; i < 2; ++i) bytes += stored_bytes(variant.inputs[i], request.dims(i));
  return std::max(always, times_tensors * bytes);
}

/// Whether anything was offered.
bool offer_form(const OpRequest& request, const ConvolutionProblem& problem, const Variant& formats, Form form, size_t at_most,
                tactics::VariantSink& sink) {
  Described made = described(request, problem, formats, form);
  const bool exact = formats.outputs[0].storage == DType::f32;
  const int64_t limit = workspace_limit(request, formats);
  double seconds = seconds_of(request, problem, formats, form);
  const size_t before = sink.variants.size();
  for (const Engine& engine : engines_for(made.graph, exact, at_most)) {
    if (engine.workspace > limit) continue;
    Variant variant = formats;
    variant.knobs = fmt::format("{}{}", form_names.at(static_cast<size_t>(form)), engine.name);
    variant.workspace = engine.workspace;
    variant.estimate = seconds;
    seconds *= 1.02;  // cuDNN's own order
    sink.offer(std::move(variant));
  }
  return sink.variants.size() > before;
}

void offer_formats(const OpRequest& request, const ConvolutionProblem& problem, const Variant& formats, tactics::VariantSink& sink) {
  constexpr size_t most_ready = 8, most_generated = 3, most_finished = 3;
  if (problem.ready and offer_form(request, problem, formats, Form::ready, most_ready, sink)) return;
  bool offered = false;
  // What cuDNN generates in exact f32, or for row-major images, is slow or nothing at all.
  if (problem.epilogue.verdict and is_narrow(formats.outputs[0].storage))
    offered = offer_form(request, problem, formats, Form::generated, most_generated, sink);
  if (problem.finish_refusal.empty()) offered = offer_form(request, problem, formats, Form::finished, most_finished, sink) or offered;
  if (not offered) sink.refuse(formats.text(), "cuDNN has no engine for it");
}

}  // namespace

std::string refusal_of(const OpRequest& request) {
  const size_t rank = request.dims(0).size();
  if (rank < 3 or rank > 5) return "not one to three spatial axes";
  if (not is_image_type(request.inputs[0].type.dtype)) return fmt::format("not of {}", name_of(request.inputs[0].type.dtype));
  if (request.inputs[0].constant != nullptr) return "the input is constant";
  if (element_count(request.output_dims()) == 0 or element_count(request.dims(0)) == 0) return "empty tensors";
  if (element_count(request.dims(1)) > INT32_MAX) return "the filter has more than 2^31 elements";
  if (request.outputs[0].dtype != request.inputs[0].type.dtype) return "the epilogue changes the type";
  const bool transposed = request.op.is<ops::ConvTranspose>();
  const ops::Window window = window_of_request(request);
  for (const int64_t pad : window.pads)
    if (pad < 0) return "negative padding";
  const int64_t groups = groups_of(request);
  if (groups > 1 and groups == request.dims(0)[1] and rank < 5) return "depthwise: cuDNN is slower there than kernels of our own";
  if (transposed and not is_gradient(window, request.dims(0), request.output_dims())) return "not the gradient of a convolution";
  const Epilogue epilogue = epilogue_of(request, input_at(request, 2));
  return epilogue.verdict or finish_refusal(request, bias_to_finish(request)).empty() ? std::string() : epilogue.verdict.reason();
}

ConvolutionProblem problem_of(const OpRequest& request) {
  ConvolutionProblem problem;
  problem.transposed = request.op.is<ops::ConvTranspose>();
  problem.source = request.dims(0);
  problem.filter = request.dims(1);
  problem.result = request.output_dims();
  problem.rank = problem.source.size();
  const ops::Window window = window_of_request(request);
  const auto spatial = static_cast<std::ptrdiff_t>(window.kernel.size());
  problem.sliding = {{window.pads.begin(), window.pads.begin() + spatial},
                     {window.pads.begin() + spatial, window.pads.end()},
                     window.strides,
                     window.dilations};
  if (problem.rank == 3) {
    for (std::vector<int64_t>* values : {&problem.sliding.pads_begin, &problem.sliding.pads_end}) values->insert(values->begin(), 0);
    for (std::vector<int64_t>* values : {&problem.sliding.strides, &problem.sliding.dilations}) values->insert(values->begin(), 1);
  }
  problem.bias = input_at(request, 2);
  problem.epilogue = epilogue_of(request, problem.bias);
  problem.ready = bias_activation_of(problem.epilogue);
  if (problem.transposed and not problem.epilogue.nodes.empty()) problem.ready.reset();
  OpRequest bare = request;
  bare.epilogue = {};
  problem.begun = epilogue_of(bare, problem.transposed ? std::nullopt : problem.bias);
  problem.finish_refusal = finish_refusal(request, bias_to_finish(request));
  const double positions = static_cast<double>(element_count(problem.transposed ? problem.source : problem.result));
  problem.flops = 2 * positions * static_cast<double>(element_count(problem.filter)) / static_cast<double>(problem.filter[0]);
  return problem;
}

Described described(const OpRequest& request, const ConvolutionProblem& problem, const Variant& variant, Form form) {
  return Describer(request, problem, variant, form).describe();
}

Variant format_variant(const OpRequest& request, std::optional<DType> lowered, const Layout& layout) {
  Variant variant = plain_variant(request, lowered);
  variant.inputs[0] = device_format(request.inputs[0].type, lowered, layout);
  if (request.inputs[1].constant == nullptr) variant.inputs[1] = device_format(request.inputs[1].type, lowered, layout);
  for (size_t i = request.anchor_inputs; i < request.inputs.size(); ++i)
    if (request.inputs[i].constant == nullptr and request.dims(i) == request.output_dims())
      variant.inputs[i] = device_format(request.inputs[i].type, lowered, layout);
  for (size_t i = 0; i < request.outputs.size(); ++i) variant.outputs[i] = device_format(request.outputs[i], lowered, layout);
  return variant;
}

void offer_convolutions(const OpRequest& request, tactics::VariantSink& sink) {
  const ConvolutionProblem problem = problem_of(request);
  for (const std::optional<DType> lowered : usual_storages(request)) {
    std::vector<Layout> layouts{Layout::channels_last(problem.rank)};
    if (not is_narrow(storage_of(request.inputs[0].type.dtype, lowered))) layouts.push_back(Layout::row_major(problem.rank));
    for (const Layout& layout : layouts) offer_formats(request, problem, format_variant(request, lowered, layout), sink);
  }
}

std::unique_ptr<tactics::Kernel> build_convolution(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  const ConvolutionProblem problem = problem_of(request);
  const std::string_view knobs = variant.knobs;
  const auto name = std::ranges::find_if(form_names, [&](std::string_view form) { return knobs.starts_with(form); });
  if (name == form_names.end()) fail("`{}` is no engine of cuDNN", knobs);
  const auto form = static_cast<Form>(name - form_names.begin());
  const std::string& refusal = form == Form::finished ? problem.finish_refusal : problem.epilogue.verdict.reason();
  if (not refusal.empty() or (form == Form::ready and not problem.ready))
    fail("cuDNN does not run this epilogue as `{}`: {}", knobs, refusal);
  std::unique_ptr<Finish> finish;
  if (form == Form::finished) finish = std::make_unique<Finish>(context, request, variant, bias_to_finish(request));
  const Engine engine{std::string(knobs.substr(name->size())), variant.workspace};
  return make_kernel(context, request, variant, engine, [&] { return described(request, problem, variant, form); }, std::move(finish));
}

}  // namespace burnish::cuda::cudnn
