#include "backends/cuda/cudnn/convolution.h"

#include <algorithm>
#include <array>
#include <optional>

#include "backends/cuda/kernels/formats.h"
#include "base/error.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"

namespace burnish::cuda::cudnn {
namespace {

using tactics::OpRequest;
using tactics::Variant;

constexpr std::array<std::string_view, 3> form_names{"ready", "generated", "finished"};  // by Form
constexpr size_t most_generated = 3;

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

std::string knobs_of(Form form, std::string_view rest) { return fmt::format("{} {}", form_names.at(static_cast<size_t>(form)), rest); }

/// The knobs as form and engine; for generated kernels the engine's rank instead of its name.
std::optional<std::pair<Form, std::string>> read_knobs(std::string_view knobs) {
  for (size_t i = 0; i < form_names.size(); ++i) {
    const std::string_view name = form_names[i];
    if (knobs.starts_with(name) and knobs.size() > name.size() and knobs[name.size()] == ' ')
      return std::pair(static_cast<Form>(i), std::string(knobs.substr(name.size() + 1)));
  }
  return {};
}

/// Engines with kernels ready. Whether there was one.
bool offer_engines(const OpRequest& request, const ConvolutionProblem& problem, const Variant& formats, Form form, size_t at_most,
                   tactics::VariantSink& sink) {
  Described made = described(request, problem, formats, form);
  const bool exact = formats.outputs[0].storage == DType::f32;
  const int64_t limit = workspace_limit(request, formats);
  double seconds = seconds_of(request, problem, formats, form);
  const size_t before = sink.variants.size();
  for (const Engine& engine : engines_for(made.graph, exact, at_most)) {
    if (engine.workspace > limit) continue;
    Variant variant = formats;
    variant.knobs = knobs_of(form, engine.name);
    variant.workspace = engine.workspace;
    variant.estimate = seconds;
    seconds *= 1.02;  // cuDNN's own order
    sink.offer(std::move(variant));
  }
  return sink.variants.size() > before;
}

/// What cuDNN generates in exact f32, or for row-major images, is slow or nothing at all.
bool may_generate(const ConvolutionProblem& problem, const Variant& formats) {
  return problem.epilogue.verdict and is_narrow(formats.outputs[0].storage);
}

/// By rank, without asking: already the question takes cuDNN long, and building asks it beside others. A rank without an engine fails to
/// build, and the finished form, which costs little to build, stands first.
void offer_generated(const OpRequest& request, const ConvolutionProblem& problem, const Variant& formats, tactics::VariantSink& sink) {
  for (size_t rank = 0; rank < most_generated; ++rank) {
    Variant variant = formats;
    variant.knobs = knobs_of(Form::generated, std::to_string(rank));
    variant.estimate = seconds_of(request, problem, formats, Form::finished) * (1.05 + 0.02 * static_cast<double>(rank));
    sink.offer(std::move(variant));
  }
}

void offer_formats(const OpRequest& request, const ConvolutionProblem& problem, const Variant& formats, tactics::VariantSink& sink) {
  constexpr size_t most_ready = 8, most_finished = 3;
  if (problem.ready and offer_engines(request, problem, formats, Form::ready, most_ready, sink)) return;
  const bool finished = problem.finish_refusal.empty() and offer_engines(request, problem, formats, Form::finished, most_finished, sink);
  if (may_generate(problem, formats)) offer_generated(request, problem, formats, sink);
  else if (not finished) sink.refuse(formats.text(), "cuDNN has no engine for it");
}

/// Every combination of storage and layout that is offered.
std::vector<Variant> all_formats(const OpRequest& request) {
  const size_t rank = request.dims(0).size();
  std::vector<Variant> all;
  for (const std::optional<DType> lowered : usual_storages(request)) {
    all.push_back(format_variant(request, lowered, Layout::channels_last(rank)));
    if (not is_narrow(storage_of(request.inputs[0].type.dtype, lowered)))
      all.push_back(format_variant(request, lowered, Layout::row_major(rank)));
  }
  return all;
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
  for (const Variant& formats : all_formats(request)) offer_formats(request, problem, formats, sink);
}

bool may_offer_convolution(const OpRequest& request, const Variant& variant) {
  const auto knobs = read_knobs(variant.knobs);
  const std::vector<Variant> all = all_formats(request);
  const auto formats = std::ranges::find_if(all, [&](const Variant& one) { return has_formats(variant, one); });
  if (not knobs or formats == all.end() or variant.workspace > workspace_limit(request, *formats)) return false;
  const ConvolutionProblem problem = problem_of(request);
  switch (knobs->first) {
    case Form::ready: return problem.ready.has_value();
    case Form::generated: return may_generate(problem, *formats) and variant.workspace == 0;
    case Form::finished: return problem.finish_refusal.empty();
  }
  return false;
}

std::unique_ptr<tactics::Kernel> build_convolution(tactics::BuildContext& context, const OpRequest& request, const Variant& variant) {
  if (not may_offer_convolution(request, variant)) fail("cuDNN's convolutions have no variant {}", variant.text());
  const auto [form, rest] = *read_knobs(variant.knobs);
  const ConvolutionProblem problem = problem_of(request);
  std::unique_ptr<Finish> finish;
  if (form == Form::finished) finish = std::make_unique<Finish>(context, request, variant, bias_to_finish(request));
  const auto describe = [&, form = form] { return described(request, problem, variant, form); };
  const auto choose = [&, form = form, rest = rest](Graph& graph) -> Engine {
    if (form != Form::generated) return {rest, variant.workspace};
    const std::vector<Engine> engines = engines_for(graph, false, most_generated);
    const size_t rank = static_cast<size_t>(rest.front() - '0');
    if (rest.size() != 1 or rank >= engines.size())
      fail_unsupported("cuDNN generates {} kernel(s) for this, so none of rank {}", engines.size(), rest);
    return engines[rank];
  };
  return make_kernel(context, request, variant, choose, describe, std::move(finish));
}

}  // namespace burnish::cuda::cudnn
