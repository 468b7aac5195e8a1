// The only file that includes cudnn-frontend: large headers that describe graphs and call cuDNN's graph API through symbols looked up at
// run time. Its Graph is kept in `Parts`, from description to plan.
#include "backends/cuda/cudnn/graph.h"

#define NV_CUDNN_FRONTEND_USE_DYNAMIC_LOADING
#define CUDNN_FRONTEND_SKIP_JSON_LIB
#include <cudnn.h>
#include <cudnn_frontend.h>

#include <algorithm>
#include <array>

#include "backends/cuda/cudnn/handles.h"
#include "backends/cuda/driver/cudnn_library.h"
#include "backends/cuda/driver/gpu.h"
#include "base/error.h"

namespace cudnn_frontend {
void* cudnn_dlhandle = nullptr;  // where the headers look symbols up
}

namespace burnish::cuda::cudnn {
namespace {

namespace fe = cudnn_frontend;
using fe::DataType_t;
using fe::HeurMode_t;
using fe::NumericalNote_t;
using fe::PointwiseMode_t;
using FrontendTensor = std::shared_ptr<fe::graph::Tensor_attributes>;

constexpr size_t most_pointers = 32;
constexpr uintptr_t pointer_alignment = 16;  // what cuDNN's tensors promise when nothing else is said
constexpr int64_t first_scalar_uid = 1000;

void expect(fe::error_t status, std::string_view what) {
  if (status.is_bad()) fail_unsupported("cuDNN {}: {}: {}", cudnn_library().version_text(), what, status.get_message());
}

/// The frontend reports most faults as values and some by throwing.
template <class Work>
auto guarded(const Work& work) {
  try {
    return work();
  } catch (const Error&) { throw; } catch (const std::exception& error) {
    fail_unsupported("cuDNN {}: {}", cudnn_library().version_text(), error.what());
  }
}

DataType_t data_type_of(DType type) {
  switch (type) {
    case DType::f32: return DataType_t::FLOAT;
    case DType::f16: return DataType_t::HALF;
    case DType::bf16: return DataType_t::BFLOAT16;
    default: fail_unsupported("cuDNN's graphs have no {}", name_of(type));
  }
}

PointwiseMode_t mode_of(Function function) {
  switch (function) {
    case Function::add: return PointwiseMode_t::ADD;
    case Function::sub: return PointwiseMode_t::SUB;
    case Function::mul: return PointwiseMode_t::MUL;
    case Function::div: return PointwiseMode_t::DIV;
    case Function::min: return PointwiseMode_t::MIN;
    case Function::max: return PointwiseMode_t::MAX;
    case Function::relu: return PointwiseMode_t::RELU_FWD;
    case Function::elu: return PointwiseMode_t::ELU_FWD;
    case Function::swish: return PointwiseMode_t::SWISH_FWD;
    case Function::softplus: return PointwiseMode_t::SOFTPLUS_FWD;
    case Function::sigmoid: return PointwiseMode_t::SIGMOID_FWD;
    case Function::tanh: return PointwiseMode_t::TANH_FWD;
    case Function::gelu: return PointwiseMode_t::GELU_FWD;
    case Function::gelu_tanh: return PointwiseMode_t::GELU_APPROX_TANH_FWD;
    case Function::erf: return PointwiseMode_t::ERF;
    case Function::exp: return PointwiseMode_t::EXP;
    case Function::log: return PointwiseMode_t::LOG;
    case Function::sqrt: return PointwiseMode_t::SQRT;
    case Function::reciprocal: return PointwiseMode_t::RECIPROCAL;
    case Function::abs: return PointwiseMode_t::ABS;
    case Function::neg: return PointwiseMode_t::NEG;
    case Function::floor: return PointwiseMode_t::FLOOR;
    case Function::ceil: return PointwiseMode_t::CEIL;
    case Function::sin: return PointwiseMode_t::SIN;
    case Function::cos: return PointwiseMode_t::COS;
    case Function::tan: return PointwiseMode_t::TAN;
  }
  BURNISH_CHECK(false, "unknown function {}", static_cast<int>(function));
}

fe::graph::Pointwise_attributes attributes_of(const PointwiseNode& node) {
  fe::graph::Pointwise_attributes attributes;
  attributes.set_mode(mode_of(node.function)).set_compute_data_type(DataType_t::FLOAT);
  const auto parameter = static_cast<float>(node.parameter);
  if (node.function == Function::relu) {
    if (parameter != 0) attributes.set_relu_lower_clip_slope(parameter);
    if (node.upper) attributes.set_relu_upper_clip(static_cast<float>(*node.upper));
  }
  if (node.function == Function::elu) attributes.set_elu_alpha(parameter);
  if (node.function == Function::swish) attributes.set_swish_beta(parameter);
  if (node.function == Function::softplus) attributes.set_softplus_beta(parameter);
  return attributes;
}

std::string text_of_spec(const TensorSpec& tensor) {
  return fmt::format("{}{}/{}", name_of(tensor.type), text_of(tensor.dims), text_of(tensor.strides));
}

/// The frontend's graph, with its list of plans within reach.
class OpenGraph : public fe::graph::Graph {
 public:
  fe::graph::Execution_plan_list& list() { return plans; }
  const fe::graph::Execution_plan_list& list() const { return plans; }
};

}  // namespace

struct Plan::Parts {
  OpenGraph graph;
  std::vector<FrontendTensor> values;
  size_t inputs = 0, scalars = 0;
  std::string text;
  std::shared_ptr<fe::DeviceProperties> pretended;
  bool prepared = false;

  FrontendTensor& at(Graph::Id id) { return values.at(id); }

  Graph::Id add(FrontendTensor tensor) {
    values.push_back(std::move(tensor));
    return values.size() - 1;
  }
  Graph::Id add_result(FrontendTensor tensor, const TensorSpec& like) {
    tensor->set_dim(like.dims).set_stride(like.strides).set_data_type(DataType_t::FLOAT);
    return add(std::move(tensor));
  }

  void prepare(const PlanningHandle* handle) {
    if (std::exchange(prepared, true)) return;
    if (pretended != nullptr) graph.set_device_properties(pretended);
    else graph.set_sm_version(gpu().facts().capability);
    expect(graph.validate(), "the graph is not valid");
    expect(pretended != nullptr ? graph.build_operation_graph() : graph.build_operation_graph(handle->get()), "the graph is not supported");
  }
  /// None where there is no GPU to hold one of.
  std::unique_ptr<PlanningHandle> handle() const { return pretended != nullptr ? nullptr : std::make_unique<PlanningHandle>(); }
};

Plan::Plan(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

int64_t Plan::workspace() const { return parts_->graph.get_workspace_size(); }

Tensor Plan::saved() const {
  return guarded([&] {
    const fe::graph::Execution_plan_list& list = parts_->graph.list();
    const std::string json = list.execution_plans.at(static_cast<size_t>(list.candidate))->getJsonRepresentation();
    return Tensor::of<uint8_t>({static_cast<int64_t>(json.size())}, std::span(reinterpret_cast<const uint8_t*>(json.data()), json.size()));
  });
}

Status Plan::run(void* stream, std::span<void* const> memory, void* workspace) const noexcept {
  try {
    std::array<void*, most_pointers> pointers{};
    for (size_t i = 0; i < memory.size(); ++i) {
      pointers.at(i) = memory[i];
      if (reinterpret_cast<uintptr_t>(memory[i]) % pointer_alignment != 0)
        return {StatusCode::invalid_argument, "cuDNN needs tensors aligned to 16 bytes"};
    }
    const RunningHandle handle;
    if (fe::detail::set_stream(handle.get(), static_cast<cudaStream_t>(stream)) != CUDNN_STATUS_SUCCESS)
      return {StatusCode::internal, "cuDNN does not take the stream"};
    fe::error_t status = parts_->graph.execute(handle.get(), pointers.data(), static_cast<int>(memory.size()), workspace);
    if (status.is_good()) return Status::ok();
    return {StatusCode::internal, fmt::format("cuDNN: {}", status.get_message())};
  } catch (const std::exception& error) { return {StatusCode::internal, error.what()}; }
}

Graph::Graph() : parts_(std::make_unique<Plan::Parts>()) {
  fe::cudnn_dlhandle = cudnn_library().handle;
  parts_->graph.set_io_data_type(DataType_t::FLOAT)
      .set_intermediate_data_type(DataType_t::FLOAT)
      .set_compute_data_type(DataType_t::FLOAT)
      .set_cuda_graph_retention(fe::CudaGraphRetention_t::NONE);  // plans outlive what sessions record
}
Graph::Graph(Graph&&) noexcept = default;
Graph::~Graph() = default;

void Graph::pretend(const std::string& device_description, int capability) {
  parts_->pretended = std::make_shared<fe::DeviceProperties>();
  expect(parts_->pretended->deserialize({device_description.begin(), device_description.end()}), "reading the description of a GPU");
  parts_->graph.set_sm_version(capability);
}

Graph::Id Graph::input(const TensorSpec& tensor) {
  parts_->text += fmt::format("input {}\n", text_of_spec(tensor));
  const auto uid = static_cast<int64_t>(++parts_->inputs);
  return parts_->add(parts_->graph.tensor(fe::graph::Tensor_attributes()
                                              .set_name(fmt::format("input{}", uid))
                                              .set_dim(tensor.dims)
                                              .set_stride(tensor.strides)
                                              .set_data_type(data_type_of(tensor.type))
                                              .set_uid(uid)));
}

Graph::Id Graph::scalar(float value) {
  parts_->text += fmt::format("scalar {}\n", value);
  const FrontendTensor made = parts_->graph.tensor(value);
  made->set_uid(first_scalar_uid + static_cast<int64_t>(parts_->scalars++));
  return parts_->add(made);
}

namespace {

template <class Attributes>
Attributes sliding_attributes(const Sliding& sliding) {
  Attributes attributes;
  attributes.set_pre_padding(sliding.pads_begin)
      .set_post_padding(sliding.pads_end)
      .set_stride(sliding.strides)
      .set_dilation(sliding.dilations)
      .set_compute_data_type(DataType_t::FLOAT);
  return attributes;
}

std::string text_of_sliding(const Sliding& sliding) {
  return fmt::format("{} {} {} {}", text_of(sliding.pads_begin), text_of(sliding.pads_end), text_of(sliding.strides),
                     text_of(sliding.dilations));
}

}  // namespace

Graph::Id Graph::convolution(Id source, Id filter, const Sliding& sliding, const TensorSpec& like) {
  parts_->text += fmt::format("convolution {} {} {} {}\n", source, filter, text_of_sliding(sliding), text_of_spec(like));
  return parts_->add_result(parts_->graph.conv_fprop(parts_->at(source), parts_->at(filter),
                                                     sliding_attributes<fe::graph::Conv_fprop_attributes>(sliding).set_name("conv")),
                            like);
}

Graph::Id Graph::transposed_convolution(Id source, Id filter, const Sliding& sliding, const TensorSpec& like) {
  parts_->text += fmt::format("transposed {} {} {} {}\n", source, filter, text_of_sliding(sliding), text_of_spec(like));
  return parts_->add_result(parts_->graph.conv_dgrad(parts_->at(source), parts_->at(filter),
                                                     sliding_attributes<fe::graph::Conv_dgrad_attributes>(sliding).set_name("dgrad")),
                            like);
}

Graph::Id Graph::pointwise(const PointwiseNode& node, Id first, Id second, const TensorSpec& like) {
  parts_->text += fmt::format("pointwise {} {} {} {} {} {}\n", static_cast<int>(node.function), node.parameter, node.upper.value_or(-1),
                              first, second, text_of_spec(like));
  auto attributes = attributes_of(node).set_name(fmt::format("pointwise{}", parts_->values.size()));
  if (is_binary(node.function)) return parts_->add_result(parts_->graph.pointwise(parts_->at(first), parts_->at(second), attributes), like);
  return parts_->add_result(parts_->graph.pointwise(parts_->at(first), attributes), like);
}

Graph::Id Graph::attention(Id query, Id key, Id value, std::optional<Id> bias, const AttentionSpec& spec, const TensorSpec& like) {
  parts_->text += fmt::format("attention {} {} {} {} {} {} {}\n", query, key, value, bias ? static_cast<int64_t>(*bias) : -1, spec.scale,
                              spec.causal, text_of_spec(like));
  const Id scale = scalar(static_cast<float>(spec.scale));
  fe::graph::SDPA_attributes attributes;
  attributes.set_name("attention").set_generate_stats(false).set_attn_scale(parts_->at(scale));
  if (spec.causal) attributes.set_causal_mask(true);
  if (bias) attributes.set_bias(parts_->at(*bias));
  const auto [result, statistics] =
      guarded([&] { return parts_->graph.sdpa(parts_->at(query), parts_->at(key), parts_->at(value), std::move(attributes)); });
  return parts_->add_result(result, like);
}

void Graph::output(Id result, const TensorSpec& tensor) {
  parts_->text += fmt::format("output {} {}\n", result, text_of_spec(tensor));
  parts_->at(result)
      ->set_output(true)
      .set_dim(tensor.dims)
      .set_stride(tensor.strides)
      .set_data_type(data_type_of(tensor.type))
      .set_uid(static_cast<int64_t>(++parts_->inputs));
}

const std::string& Graph::text() const { return parts_->text; }

namespace {

/// What one way of guessing proposes, without engines whose results differ between runs, or are less exact than asked for.
std::vector<Engine> guessed(OpenGraph& graph, HeurMode_t mode, bool exact, size_t at_most) {
  fe::graph::Execution_plan_list& list = graph.list();
  const size_t first = list.execution_plans.size(), usable_before = list.get_barred_engine_configs().size();
  if (graph.create_execution_plans({mode}).is_bad()) return {};  // nothing suitable
  std::vector<NumericalNote_t> unwanted{NumericalNote_t::NONDETERMINISTIC, NumericalNote_t::REDUCED_PRECISION_REDUCTION};
  if (exact) unwanted.insert(unwanted.end(), {NumericalNote_t::TENSOR_CORE, NumericalNote_t::DOWN_CONVERT_INPUTS});
  graph.deselect_numeric_notes(unwanted);
  auto usable = list.get_barred_engine_configs();  // those not barred, in the list's order
  size_t at = usable_before;
  std::vector<Engine> found;
  for (size_t i = first; i < list.execution_plans.size() and found.size() < at_most; ++i) {
    const auto index = static_cast<int64_t>(i);
    if (list.check_support_at_index(index).is_bad()) continue;
    Engine engine;
    expect(list.get_name_at_index(index, engine.name), "naming an engine");
    expect(fe::detail::get_workspace_size(usable.at(at++), engine.workspace), "asking an engine for its workspace");
    found.push_back(std::move(engine));
  }
  return found;
}

}  // namespace

std::vector<Engine> Graph::engines(bool exact, size_t at_most) {
  return guarded([&] {
    const std::unique_ptr<PlanningHandle> handle = parts_->handle();
    parts_->prepare(handle.get());
    std::vector<std::vector<Engine>> guesses;
    for (const HeurMode_t mode : {HeurMode_t::A, HeurMode_t::B}) guesses.push_back(guessed(parts_->graph, mode, exact, at_most));
    if (guesses[0].empty() and guesses[1].empty()) guesses.push_back(guessed(parts_->graph, HeurMode_t::FALLBACK, exact, at_most));
    std::vector<Engine> found;
    for (size_t rank = 0; rank < at_most; ++rank)
      for (const std::vector<Engine>& guess : guesses)
        if (rank < guess.size() and found.size() < at_most and std::ranges::find(found, guess[rank].name, &Engine::name) == found.end())
          found.push_back(guess[rank]);
    return found;
  });
}

namespace {

/// Where the list has the engine of this name; asks for more guesses until it has. The frontend cannot make every engine by its name.
int64_t index_of(OpenGraph& graph, const std::string& name) {
  fe::graph::Execution_plan_list& list = graph.list();
  size_t at = 0;
  for (const HeurMode_t mode : {HeurMode_t::A, HeurMode_t::B, HeurMode_t::FALLBACK}) {
    static_cast<void>(graph.create_execution_plans({mode}));  // nothing suitable is an error there
    for (; at < list.execution_plans.size(); ++at) {
      std::string found;
      expect(list.get_name_at_index(static_cast<int64_t>(at), found), "naming an engine");
      if (found == name) return static_cast<int64_t>(at);
    }
  }
  fail_unsupported("cuDNN {} no longer offers the engine {}", cudnn_library().version_text(), name);
}

}  // namespace

Plan Graph::build(const std::string& engine) && {
  return guarded([&] {
    const std::unique_ptr<PlanningHandle> handle = parts_->handle();
    parts_->prepare(handle.get());
    expect(parts_->graph.build_plan_at_index(index_of(parts_->graph, engine)), "building " + engine);
    return Plan(std::move(parts_));
  });
}

Plan Graph::load(const Tensor& saved) && {
  return guarded([&] {
    const std::unique_ptr<PlanningHandle> handle = parts_->handle();
    parts_->prepare(handle.get());
    const std::string json(reinterpret_cast<const char*>(saved.data()), saved.bytes());
    if (parts_->pretended != nullptr) expect(parts_->graph.list().build_plans(parts_->pretended, json), "loading a plan");
    else expect(parts_->graph.list().build_plans(handle->get(), json), "loading a plan");
    return Plan(std::move(parts_));
  });
}

}  // namespace burnish::cuda::cudnn
