// The one tactic that takes every operator: it runs the operator's own reference evaluation on the plan's buffers.
// Row-major only and in the model's own types; its estimate is so high that anything else is preferred.
#include <cstring>
#include <new>

#include "base/error.h"
#include "ir/evaluate.h"
#include "ops/fused.h"
#include "tactics/registry.h"
#include "tactics/work.h"

namespace burnish::ref {
namespace {

using tactics::BufferRef;
using tactics::Operand;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

constexpr double operations_per_second = 0.3e9;
constexpr double bytes_per_second = 1e9;

/// Element accesses need the alignment of the largest element; users may pass any.
constexpr size_t needed_alignment = 8;

class ReferenceKernel final : public tactics::Kernel {
 public:
  explicit ReferenceKernel(const OpRequest& request)
      : op_(request.has_epilogue() ? Op(ops::Fused{request.op, static_cast<int64_t>(request.anchor_inputs), request.epilogue})
                                   : request.op),
        inputs_(request.inputs),
        regions_(request.regions) {
    for (const TensorType& type : request.outputs) outputs_.push_back(Destination{type.dtype, type.shape.dims()});
  }

  Status run(tactics::RunContext& /*context*/, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    try {
      compute(in, out);
      return Status::ok();
    } catch (const Error& error) { return {error.code(), error.what()}; } catch (const std::bad_alloc&) {
      return {StatusCode::resource_exhausted, "not enough memory for the reference evaluation"};
    } catch (const std::exception& error) { return {StatusCode::internal, error.what()}; }
  }

 private:
  struct Destination {
    DType dtype;
    Dims dims;
  };

  void compute(std::span<const BufferRef> in, std::span<const BufferRef> out) const {
    std::vector<Tensor> inputs;
    inputs.reserve(inputs_.size());
    for (size_t i = 0; i < inputs_.size(); ++i) inputs.push_back(input(i, in));
    const auto allocate = [&](size_t index, DType dtype, Dims dims) {
      const bool fits = index < outputs_.size() and out[index].data != nullptr and is_aligned(out[index].data) and
                        dtype == outputs_[index].dtype and dims == outputs_[index].dims;
      return fits ? Tensor::borrowed(dtype, std::move(dims), out[index].data) : Tensor::uninitialized(dtype, std::move(dims));
    };
    EvalContext context(inputs, outputs_.size(), allocate, regions_);
    op_.reference(context);
    for (size_t i = 0; i < outputs_.size(); ++i) deliver(i, context.outputs().at(i), out[i]);
  }

  static bool is_aligned(const std::byte* data) { return reinterpret_cast<uintptr_t>(data) % needed_alignment == 0; }

  Tensor input(size_t index, std::span<const BufferRef> in) const {
    const Operand& operand = inputs_[index];
    if (not operand.present) return {};
    if (operand.constant != nullptr) return *operand.constant;
    const BufferRef& buffer = in[index];
    Tensor tensor = Tensor::borrowed(operand.type.dtype, operand.type.shape.dims(), buffer.data);
    if (buffer.data == nullptr and tensor.size() > 0) fail("input {} has no memory", index);
    return is_aligned(buffer.data) ? tensor : tensor.clone();
  }

  void deliver(size_t index, const Tensor& made, const BufferRef& out) const {
    if (out.data == nullptr) return;
    const Destination& wanted = outputs_[index];
    if (not made.defined() or made.dtype() != wanted.dtype or made.dims() != wanted.dims)
      fail("{}: output {} has the shape {}, but the plan expects {}", op_.name(), index, made.defined() ? text_of(made.dims()) : "nothing",
           text_of(wanted.dims));
    if (made.data() != out.data and made.bytes() > 0) std::memcpy(out.data, made.data(), made.bytes());
  }

  Op op_;
  std::vector<Operand> inputs_;
  std::vector<Destination> outputs_;
  std::vector<Graph> regions_;
};

class Reference final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "ref.reference"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    for (const Operand& operand : request.inputs)
      if (operand.present and operand.type.dtype == DType::string and operand.constant == nullptr)
        return Verdict::no("an input holds strings, which have no place in a plan");
    for (const TensorType& type : request.outputs)
      if (type.dtype == DType::string) return Verdict::no("an output holds strings, which have no place in a plan");
    return Verdict::yes();
  }

  void variants(const OpRequest& request, tactics::VariantSink& sink) const override {
    Variant variant;
    for (const Operand& operand : request.inputs) {
      variant.inputs.push_back(tactics::plain_format(operand.type));
      variant.keeps_constant.push_back(operand.constant != nullptr);
    }
    for (const TensorType& type : request.outputs) variant.outputs.push_back(tactics::plain_format(type));
    const tactics::Work work = tactics::work_of(request);
    variant.estimate = work.operations / operations_per_second + work.bytes / bytes_per_second;
    sink.offer(std::move(variant));
  }

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& /*context*/, const OpRequest& request,
                                         const Variant& /*variant*/) const override {
    return std::make_unique<ReferenceKernel>(request);
  }
};

}  // namespace

void register_reference(tactics::Registry& registry) { registry.add(std::make_unique<Reference>()); }

}  // namespace burnish::ref
