#include "backends/cuda/cudnn/kernel.h"

#include <array>
#include <map>
#include <mutex>

#include "backends/cuda/driver/cudnn_library.h"
#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/packed_constant.h"
#include "base/error.h"
#include "base/hash.h"

namespace burnish::cuda::cudnn {
namespace {

using tactics::BufferRef;

constexpr size_t most_tensors = 32;

class PlanKernel final : public tactics::Kernel {
 public:
  PlanKernel(Plan plan, const std::vector<Binding>& bindings, std::vector<tactics::DeviceMemory> constants, std::unique_ptr<Finish> finish)
      : plan_(std::move(plan)), constants_(std::move(constants)), finish_(std::move(finish)) {
    for (const Binding& binding : bindings) {
      sources_.push_back(binding.source == Binding::Source::input ? binding.index : from_constants);
      offsets_.push_back(binding.offset);
    }
  }

  Status run(tactics::RunContext& context, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* workspace) const noexcept override {
    std::array<void*, most_tensors> memory{};
    for (size_t i = 0; i < sources_.size(); ++i)
      memory[i] = sources_[i] == from_constants ? constants_[i].data() : in[sources_[i]].data + offsets_[i];
    memory[sources_.size()] = out[0].data;
    Status status = plan_.run(context.stream, {memory.data(), sources_.size() + 1}, workspace);
    if (status and finish_ != nullptr) status = finish_->run(in, out, context.stream);
    return status;
  }

 private:
  static constexpr size_t from_constants = SIZE_MAX;

  Plan plan_;
  std::vector<size_t> sources_;
  std::vector<int64_t> offsets_;
  std::vector<tactics::DeviceMemory> constants_;  // one for each binding, empty where the plan provides the tensor
  std::unique_ptr<Finish> finish_;
};

using Choose = std::function<Engine(Graph&)>;

Plan built(Described described, const Choose& choose, const tactics::Variant& variant) {
  const Engine engine = choose(described.graph);
  Plan plan = std::move(described.graph).build(engine.name);
  if (plan.workspace() > variant.workspace)
    fail("cuDNN's {} needs {} bytes of workspace, the variant has {}", engine.name, plan.workspace(), variant.workspace);
  return plan;
}

/// The plan's code, from the engine file where that has it and cuDNN still takes it.
Plan plan_for(tactics::BuildContext& context, const tactics::OpRequest& request, const tactics::Variant& variant, const Choose& choose,
              Described described, const std::function<Described()>& describe) {
  const Hash128 key = hash_of(fmt::format("cudnn {} sm_{} {} {}\n{}", cudnn_library().version, gpu().facts().capability, variant.text(),
                                          request.text(), described.graph.text()));
  std::optional<Plan> fresh;
  const Tensor saved = context.artifact(key, [&] {
    fresh = built(std::move(described), choose, variant);
    return fresh->saved();
  });
  if (fresh) return std::move(*fresh);
  try {
    Plan loaded = std::move(described.graph).load(saved);
    if (loaded.workspace() <= variant.workspace) return loaded;
  } catch (const Error&) {  // made by a cuDNN that this one does not understand
  }
  return built(describe(), choose, variant);
}

tactics::DeviceMemory kept(tactics::BuildContext& context, const tactics::OpRequest& request, const Binding& binding) {
  switch (binding.source) {
    case Binding::Source::input: return {};
    case Binding::Source::constant:
      return packed_constant(context, *request.inputs.at(binding.index).constant, binding.storage, binding.extents, binding.strides);
    case Binding::Source::zeros: {
      const Tensor zeros(binding.storage, binding.extents);
      return upload(zeros.data(), static_cast<int64_t>(zeros.bytes()));
    }
  }
  return {};
}

}  // namespace

bool has_formats(const tactics::Variant& variant, const tactics::Variant& formats) {
  const auto kept = [](const tactics::Variant& one) {
    std::vector<bool> each = one.keeps_constant;
    each.resize(one.inputs.size(), false);
    return each;
  };
  return variant.inputs == formats.inputs and variant.outputs == formats.outputs and kept(variant) == kept(formats) and
         variant.in_place == -1 and variant.alias == tactics::Alias::none and variant.workspace >= 0;
}

std::string unusable() { return gpu().reason().empty() ? cudnn_library().reason : gpu().reason(); }

std::vector<Engine> engines_for(Graph& graph, bool exact, size_t at_most) {
  static std::mutex mutex;
  static std::map<std::string, std::vector<Engine>> known;
  const std::string key = fmt::format("{} {}\n{}", exact, at_most, graph.text());
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  std::vector<Engine> found;
  try {
    found = graph.engines(exact, at_most);
  } catch (const Error&) {  // not supported is how cuDNN says that there is none
  }
  const std::lock_guard lock(mutex);
  return known.emplace(key, std::move(found)).first->second;
}

std::unique_ptr<tactics::Kernel> make_kernel(tactics::BuildContext& context, const tactics::OpRequest& request,
                                             const tactics::Variant& variant, const std::function<Engine(Graph&)>& choose,
                                             const std::function<Described()>& describe, std::unique_ptr<Finish> finish) {
  Described described = describe();
  BURNISH_CHECK(described.bindings.size() < most_tensors, "{} tensors", described.bindings.size());
  std::vector<tactics::DeviceMemory> constants;
  for (const Binding& binding : described.bindings) constants.push_back(kept(context, request, binding));
  std::vector<Binding> bindings = described.bindings;
  Plan plan = plan_for(context, request, variant, choose, std::move(described), describe);
  return std::make_unique<PlanKernel>(std::move(plan), bindings, std::move(constants), std::move(finish));
}

TensorSpec spec_of(const Dims& dims, const tactics::Format& format) { return {dims, format.layout.strides(dims), format.storage}; }

TensorSpec with_axis(TensorSpec tensor, size_t axis) {
  const auto place = static_cast<std::ptrdiff_t>(axis);
  const int64_t stride = tensor.dims[axis] * tensor.strides[axis];
  tensor.dims.insert(tensor.dims.begin() + place, 1);
  tensor.strides.insert(tensor.strides.begin() + place, stride);
  return tensor;
}

}  // namespace burnish::cuda::cudnn
