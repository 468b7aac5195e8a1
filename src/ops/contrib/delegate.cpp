// Delegation to ONNX's importers.
#include "ops/contrib/delegate.h"

#include "base/error.h"
#include "ops/operator.h"
#include "ops/quantize.h"

namespace burnish::ops {
namespace {

class DelegatedNode final : public ImportContext {
 public:
  DelegatedNode(ImportContext& context, std::string_view op, int64_t opset, std::vector<ValueId> inputs, size_t outputs,
                IntAttributes attributes)
      : context_(context), op_(op), opset_(opset), inputs_(std::move(inputs)), outputs_(outputs), attributes_(std::move(attributes)) {
    while (not inputs_.empty() and not inputs_.back().valid()) inputs_.pop_back();
  }

  const std::vector<ValueId>& results() const { return outputs_; }

  std::string_view op_type() const override { return op_; }
  std::string_view domain() const override { return ""; }
  int64_t opset() const override { return opset_; }

  bool has_attribute(std::string_view name) const override { return attributes_.contains(name) or context_.has_attribute(name); }
  std::optional<int64_t> find_int(std::string_view name) const override {
    const auto own = attributes_.find(name);
    return own != attributes_.end() ? std::optional(own->second) : context_.find_int(name);
  }
  std::optional<double> find_float(std::string_view name) const override { return context_.find_float(name); }
  std::optional<std::string> find_string(std::string_view name) const override { return context_.find_string(name); }
  std::optional<std::vector<int64_t>> find_ints(std::string_view name) const override { return context_.find_ints(name); }
  std::optional<std::vector<double>> find_floats(std::string_view name) const override { return context_.find_floats(name); }
  std::optional<std::vector<std::string>> find_strings(std::string_view name) const override { return context_.find_strings(name); }
  std::optional<Tensor> find_tensor(std::string_view name) const override { return context_.find_tensor(name); }
  ImportedRegion region(std::string_view name) override { return context_.region(name); }

  size_t input_count() const override { return inputs_.size(); }
  size_t output_count() const override { return outputs_.size(); }
  bool wants_output(size_t index) const override { return index < outputs_.size(); }
  ValueId input(size_t index) const override { return inputs_.at(index); }

  const Graph& graph() const override { return context_.graph(); }
  std::vector<ValueId> add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions) override {
    return context_.add(std::move(op), std::move(inputs), outputs, std::move(regions));
  }
  ValueId constant(Tensor tensor) override { return context_.constant(std::move(tensor)); }
  void set_output(size_t index, ValueId value) override { outputs_.at(index) = value; }

 private:
  ImportContext& context_;
  std::string_view op_;
  int64_t opset_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  IntAttributes attributes_;
};

}  // namespace

std::vector<ValueId> as_onnx(ImportContext& context, std::string_view op, int64_t opset, std::vector<ValueId> inputs, size_t outputs,
                             IntAttributes attributes) {
  const Importer* importer = registry().find_importer("", op, opset);
  BURNISH_CHECK(importer != nullptr, "there is no ONNX operator {}", op);
  DelegatedNode node(context, op, opset, std::move(inputs), outputs, std::move(attributes));
  (*importer)(node);
  return node.results();
}

ValueId as_onnx(ImportContext& context, std::string_view op, int64_t opset, std::vector<ValueId> inputs, IntAttributes attributes) {
  return as_onnx(context, op, opset, std::move(inputs), 1, std::move(attributes)).front();
}

ValueId input_or_none(const ImportContext& context, size_t index) { return context.has_input(index) ? context.input(index) : ValueId{}; }

ValueId dequantize(ImportContext& context, ValueId value, ValueId scale, ValueId zero_point, int64_t axis) {
  std::vector<ValueId> inputs{value, scale};
  if (zero_point.valid()) inputs.push_back(zero_point);
  const DType output = context.type(scale).dtype;
  return context.add(DequantizeLinear{.axis = axis, .block_size = 0, .output = output}, std::move(inputs));
}

ValueId quantize(ImportContext& context, ValueId value, ValueId scale, ValueId zero_point, DType otherwise) {
  QuantizeLinear op;
  op.output = otherwise;
  std::vector<ValueId> inputs{value, scale};
  if (zero_point.valid()) inputs.push_back(zero_point);
  return context.add(op, std::move(inputs));
}

}  // namespace burnish::ops
