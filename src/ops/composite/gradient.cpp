// Gradient: the derivatives of one value of the graph by others. ai.onnx.preview.training Gradient, opset 1.
// Inputs: the values `xs` names, then those `zs` names, which are constant. The nodes between `xs` and `y` are walked backwards while the graph
// is imported, and each adds its share to the derivatives of what it reads. Elementwise arithmetic and matrix products can be walked through.
#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "ops/constant_of_shape.h"
#include "ops/identity.h"
#include "ops/matmul.h"
#include "ops/operator.h"
#include "ops/pointwise.h"
#include "ops/pointwise_import.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/shape.h"

namespace burnish::ops {
namespace {

using enum ExprCode;

class Backwards {
 public:
  explicit Backwards(ImportContext& context) : context_(context) {}

  ValueId named(const std::string& name) const {
    const Graph& graph = context_.graph();
    for (uint32_t i = 0; i < graph.value_count(); ++i)
      if (graph.value({i}).name == name) return {i};
    fail("the graph has no value `{}` before this node", name);
  }

  /// Walks from `y` back to `xs`; nodes that no x reaches are left alone.
  void run(ValueId y, const std::vector<ValueId>& xs) {
    std::set<uint32_t> reached;
    for (const ValueId x : xs) reached.insert(x.index);
    std::vector<NodeId> path;
    for (const NodeId id : context_.graph().order()) {
      const Node& node = context_.graph().node(id);
      if (std::ranges::none_of(node.inputs, [&](ValueId input) { return input.valid() and reached.contains(input.index); })) continue;
      path.push_back(id);
      for (const ValueId output : node.outputs) reached.insert(output.index);
    }
    for (const ValueId x : xs) reached.erase(x.index);
    derivatives_[y.index] = filled(y, 1);
    for (auto place = path.rbegin(); place != path.rend(); ++place) {
      const Node& node = context_.graph().node(*place);
      if (const auto known = derivatives_.find(node.outputs[0].index); known != derivatives_.end()) through(node, known->second);
    }
  }

  ValueId of(ValueId x) {
    const auto known = derivatives_.find(x.index);
    return known == derivatives_.end() ? filled(x, 0) : known->second;
  }

 private:
  ValueId filled(ValueId like, double number) {
    const DType dtype = context_.type(like).dtype;
    return context_.add(ConstantOfShape{.dtype = dtype, .value = number, .integer = static_cast<int64_t>(number)},
                        {context_.add(ShapeOf{}, {like})});
  }

  ValueId op(ExprCode code, ValueId a, ValueId b) { return add_pointwise(context_, code, {a, b}); }
  ValueId op(ExprCode code, ValueId a) { return add_pointwise(context_, code, std::vector{a}); }

  /// Adds a share to what is known of an operand's derivative; axes along which the operand was repeated are summed.
  void give(ValueId operand, ValueId share) {
    const Shape& to = context_.type(operand).shape;
    const Shape& from = context_.type(share).shape;
    std::vector<int64_t> repeated;
    for (size_t axis = 0; axis < from.rank(); ++axis) {
      const bool missing = axis + to.rank() < from.rank();
      if (missing or (to[axis + to.rank() - from.rank()] == Dim(1) and from[axis] != Dim(1)))
        repeated.push_back(static_cast<int64_t>(axis));
    }
    if (not repeated.empty()) {
      share = context_.add(Reduce{.kind = ReduceKind::sum}, {share, context_.constant_i64(repeated)});
      share = context_.add(Reshape{}, {share, context_.add(ShapeOf{}, {operand})});
    }
    const auto [known, added] = derivatives_.emplace(operand.index, share);
    if (not added) known->second = op(add, known->second, share);
  }

  void through(const Node& node, ValueId upper) {
    const std::vector<ValueId> in = node.inputs;
    const ValueId out = node.outputs[0];
    if (node.op.is<Identity>()) return give(in[0], upper);
    if (const auto* product = node.op.as<MatMul>()) return through_product(*product, in, upper);
    const auto code = single_code(node.op);
    if (not code) fail_unsupported("the derivative of {}", describe(node));
    switch (*code) {
      case add: give(in[0], upper); return give(in[1], upper);
      case sub: give(in[0], upper); return give(in[1], op(neg, upper));
      case mul: give(in[0], op(mul, upper, in[1])); return give(in[1], op(mul, upper, in[0]));
      case div: give(in[0], op(div, upper, in[1])); return give(in[1], op(neg, op(div, op(mul, upper, out), in[1])));
      case neg: return give(in[0], op(neg, upper));
      case exp: return give(in[0], op(mul, upper, out));
      case log: return give(in[0], op(div, upper, in[0]));
      case sin: return give(in[0], op(mul, upper, op(cos, in[0])));
      case cos: return give(in[0], op(neg, op(mul, upper, op(sin, in[0]))));
      case sqrt: return give(in[0], op(div, upper, op(add, out, out)));
      case tanh: return give(in[0], op(sub, upper, op(mul, upper, op(mul, out, out))));
      case sigmoid: return give(in[0], op(mul, upper, op(sub, out, op(mul, out, out))));
      case relu: return give(in[0], op(mul, upper, op(sign, out)));
      default: fail_unsupported("the derivative of {}", describe(node));
    }
  }

  void through_product(const MatMul& product, const std::vector<ValueId>& in, ValueId upper) {
    const bool matrices = context_.type(in[0]).shape.rank() == 2 and context_.type(in[1]).shape.rank() == 2;
    if (not matrices or product.transpose_a or product.transpose_b)
      fail_unsupported("the derivative of a product of other than two plain matrices");
    give(in[0], context_.add(MatMul{.transpose_a = false, .transpose_b = true}, {upper, in[1]}));
    give(in[1], context_.add(MatMul{.transpose_a = true, .transpose_b = false}, {in[0], upper}));
  }

  ImportContext& context_;
  std::map<uint32_t, ValueId> derivatives_;
};

void import(ImportContext& context) {
  const auto names = context.find_strings("xs");
  if (not names or names->empty() or names->size() > context.input_count()) fail("`xs` must name the first inputs");
  std::vector<ValueId> xs;
  for (size_t i = 0; i < names->size(); ++i) {
    if (not context.has_input(i)) fail("input {} is missing", i);
    xs.push_back(context.input(i));
  }
  Backwards walk(context);
  walk.run(walk.named(context.require_string("y")), xs);
  for (size_t i = 0; i < xs.size(); ++i)
    if (context.wants_output(i)) context.set_output(i, walk.of(xs[i]));
}

}  // namespace

void register_gradient(Registry& registry) { registry.add_import("Gradient", 1, import, "ai.onnx.preview.training"); }

}  // namespace burnish::ops
