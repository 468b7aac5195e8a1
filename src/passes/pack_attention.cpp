// Packed attention: queries, keys and values are followed upwards to one tensor, the result downwards to tokens in the same order.
#include "passes/pack_attention.h"

#include <algorithm>

#include "ir/rewriter.h"
#include "ops/attention.h"
#include "ops/expand.h"
#include "ops/matmul.h"
#include "ops/packed_attention.h"
#include "ops/pointwise.h"
#include "passes/linear_chain.h"
#include "passes/match.h"
#include "passes/moved_axes.h"
#include "passes/quantization.h"
#include "passes/token_order.h"
#include "passes/weights.h"

namespace burnish::passes {
namespace {

/// Queries, keys or values, followed up to where nothing moves any more.
struct Source {
  ValueId value;
  AxisTracker axes;
  std::optional<int64_t> part;  // of three in the last axis
  std::vector<NodeId> passed;
};

/// The last axis is heads and columns, whole; before them perhaps one of three parts. Gives how many parts that are.
struct Columns {
  size_t parts = 0;
  std::optional<int64_t> part;
};
std::optional<Columns> columns_of(const AxisTracker& axes) {
  std::vector<AxisTracker::Part> wanted = axes.parts_of(head);
  wanted.insert(wanted.end(), axes.parts_of(column).begin(), axes.parts_of(column).end());
  const AxisTracker::Axis& last = axes.axes().back();
  if (last.shift != 0 or last.parts.size() < wanted.size() or last.parts.size() > wanted.size() + 1) return {};
  const size_t before = last.parts.size() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i)
    if (last.parts[before + i].id != wanted[i].id) return {};
  Columns found{last.parts.size(), {}};
  if (before == 0) return found;
  if (last.parts.front().extent != 3 or not last.parts.front().fixed) return {};
  found.part = last.parts.front().fixed;
  return found;
}

std::optional<Source> source_of(const Graph& graph, ValueId value, bool transposed) {
  const Dims dims = graph.type(value).shape.dims();
  Source source{value, AxisTracker(transposed ? Dims{dims[0], dims[1], dims[3], dims[2]} : dims), {}, {}};
  if (transposed) source.axes.permute({0, 1, 3, 2});
  for (int depth = 0; depth < 32; ++depth) {
    AxisTracker axes = source.axes;
    const Moved moved = moved_from(graph, axes, source.value);
    if (not moved.value.valid()) break;
    source.axes = std::move(axes);
    source.value = moved.value;
    source.passed.insert(source.passed.end(), moved.passed.begin(), moved.passed.end());
  }
  const std::optional<Columns> columns = columns_of(source.axes);
  if (not columns) return {};
  source.part = columns->part;
  return source;
}

/// Queries, keys and values lie alike, whatever their parts are called.
bool alike(const AxisTracker& a, const AxisTracker& b) {
  const auto& first = a.axes();
  const auto& second = b.axes();
  const auto same_part = [&](const AxisTracker::Part& x, const AxisTracker::Part& y) {
    return x.extent == y.extent and x.fixed.has_value() == y.fixed.has_value() and a.name_of(x) == b.name_of(y);
  };
  return std::ranges::equal(first, second, [&](const AxisTracker::Axis& x, const AxisTracker::Axis& y) {
    return x.shift == y.shift and std::ranges::equal(x.parts, y.parts, same_part);
  });
}

/// The rows that a product reads, in the order of tokens that is best for everybody.
struct Rows {
  ValueId value;
  Tokens tokens;
};

class Packer {
 public:
  Packer(const Graph& graph, const Node& node)
      : graph_(graph), node_(node), op_(*node.op.as<ops::Attention>()), patch_(graph, PackAttention::name) {}

  std::optional<Patch> run() {
    if (not fits()) return {};
    for (const size_t i : {0, 1, 2}) {
      auto source = source_of(graph_, node_.inputs[i], i == 1 and op_.transposed_k);
      if (not source) return {};
      sources_.push_back(std::move(*source));
    }
    if (not alike(sources_[0].axes, sources_[1].axes) or not alike(sources_[0].axes, sources_[2].axes)) return {};
    const ValueId packed = sources_[0].part ? packed_in_one() : packed_from_three();
    if (not packed.valid()) return {};
    return replaced_below(attention(packed));
  }

 private:
  /// Static, of four axes, queries like keys, columns of one kind.
  bool fits() const {
    for (const size_t i : {0, 1, 2})
      if (not graph_.type(node_.inputs[i]).shape.is_static() or graph_.type(node_.inputs[i]).shape.rank() != 4 or
          graph_.constant(node_.inputs[i]) != nullptr)
        return false;
    Dims key = graph_.type(node_.inputs[1]).shape.dims();
    if (op_.transposed_k) std::swap(key[2], key[3]);
    const Dims query = graph_.type(node_.inputs[0]).shape.dims();
    if (query != key or query != graph_.type(node_.inputs[2]).shape.dims() or element_count(query) == 0 or query[token] == 1) return false;
    if (node_.inputs.size() < 4 or not node_.inputs[3].valid()) return true;
    const TensorType& mask = graph_.type(node_.inputs[3]);
    return is_floating(mask.dtype) and mask.shape.is_static() and mask.shape.rank() <= 4;
  }

  int64_t heads() const { return graph_.type(node_.inputs[0]).shape[head].value(); }
  int64_t all_columns() const { return heads() * graph_.type(node_.inputs[0]).shape[column].value(); }

  /// Whether the value is read by nothing but what was followed.
  bool is_ours(ValueId id) const {
    const Value& value = graph_.value(id);
    return value.output_uses == 0 and std::ranges::all_of(value.users, [&](NodeId user) {
             return user == node_.id or std::ranges::any_of(sources_, [&](const Source& source) {
                      return std::ranges::find(source.passed, user) != source.passed.end();
                    });
           });
  }

  /// What a product above reads, followed on as far as the tokens have an order of ours.
  std::optional<Rows> rows_above(AxisTracker axes, ValueId value) const {
    if (not graph_.type(value).shape.is_static()) return {};
    if (not axes.replace_last(channel, graph_.type(value).shape[graph_.type(value).shape.rank() - 1].value())) return {};
    std::optional<Rows> best;
    for (int depth = 0; depth < 32; ++depth) {
      const auto tokens = tokens_of(axes, axes.parts_of(channel).size());
      const auto& last = axes.axes().back().parts;
      const bool whole =
          last.size() == axes.parts_of(channel).size() and not last.empty() and last.front().id == axes.parts_of(channel).front().id;
      if (tokens and whole) best = Rows{value, *tokens};
      const Moved moved = moved_from(graph_, axes, value);
      if (not moved.value.valid()) break;
      value = moved.value;
    }
    return best;
  }

  ValueId reshaped(ValueId value, const Dims& dims) {
    if (patch_.type(value).shape == Shape(dims)) return value;
    return add_reshape(patch_, value, Shape(dims)).value_or(ValueId{});
  }

  ValueId packed_in_one() {
    for (int64_t i = 0; i < 3; ++i)
      if (sources_[static_cast<size_t>(i)].part != i or sources_[static_cast<size_t>(i)].value != sources_[0].value) return {};
    const ValueId root = sources_[0].value;
    const std::optional<Columns> columns = columns_of(sources_[0].axes);
    const auto here = tokens_of(sources_[0].axes, columns->parts);
    const auto chain = is_ours(root) ? linear_above(graph_, root) : std::nullopt;
    const auto rows = chain ? rows_above(sources_[0].axes, chain->product->inputs[0]) : std::nullopt;
    if (rows and not(here and rows->value == chain->product->inputs[0])) {
      tokens_ = rows->tokens;
      const ValueId data = reshaped(rows->value, tokens_.dims(last_extent(rows->value)));
      return data.valid() ? checked(repeated(patch_, graph_, *chain, data), 3 * all_columns()) : ValueId{};
    }
    if (not here) return {};
    tokens_ = *here;
    return reshaped(root, tokens_.dims(3 * all_columns()));
  }

  int64_t last_extent(ValueId value) const {
    const Shape& shape = graph_.type(value).shape;
    return shape[shape.rank() - 1].value();
  }

  ValueId checked(ValueId value, int64_t columns) const {
    return patch_.type(value).shape == Shape(tokens_.dims(columns)) ? value : ValueId{};
  }

  /// Three products of one input become one.
  ValueId packed_from_three() {
    std::vector<LinearChain> chains;
    for (const Source& source : sources_) {
      const auto chain = is_ours(source.value) ? linear_above(graph_, source.value) : std::nullopt;
      if (not chain or chain->steps.size() > 1) return {};
      chains.push_back(*chain);
    }
    std::vector<Tensor> weights;
    std::vector<double> bias;
    bool any_bias = false;
    for (const LinearChain& chain : chains) {
      const auto linear = linear_producer(graph_, chain.product->outputs[0]);
      if (not linear or not(chain.product->op == chains[0].product->op) or chain.product->inputs[0] != chains[0].product->inputs[0] or
          linear->channels != all_columns() or linear->weights->dtype() != graph_.type(node_.inputs[0]).dtype)
        return {};
      weights.push_back(*linear->weights);
      const auto own = bias_of(chain, *linear);
      if (not own) return {};
      bias.insert(bias.end(), own->begin(), own->end());
      any_bias |= not chain.steps.empty();
    }
    const auto rows = rows_above(sources_[0].axes, chains[0].product->inputs[0]);
    if (not rows) return {};
    tokens_ = rows->tokens;
    const ValueId data = reshaped(rows->value, tokens_.dims(last_extent(rows->value)));
    if (not data.valid()) return {};
    const size_t axis = linear_producer(graph_, chains[0].product->outputs[0])->weight_axis;
    const DType dtype = weights[0].dtype();
    ValueId packed = patch_.add(chains[0].product->op, {data, patch_.constant(side_by_side(weights, axis))});
    if (any_bias)
      packed = patch_.add(ops::pointwise(ExprCode::add, {dtype, dtype}, dtype), {packed, patch_.constant(vector_of(dtype, bias))});
    return checked(packed, 3 * all_columns());
  }

  std::optional<std::vector<double>> bias_of(const LinearChain& chain, const Linear& linear) const {
    if (chain.steps.empty()) return std::vector<double>(static_cast<size_t>(linear.channels));
    if (not is_code(*chain.steps[0], ExprCode::add)) return {};
    const auto operand = constant_operand(graph_, *chain.steps[0]);
    if (not operand) return {};
    return along_axis(*operand->tensor, graph_.type(chain.product->outputs[0]).shape.rank(), linear.channel_axis, linear.channels);
  }

  ValueId attention(ValueId packed) {
    ops::PackedAttention made{.heads = heads(), .scale = op_.scale, .causal = op_.causal, .window = {}, .shift = {}};
    if (not tokens_.is_plain()) {
      made.window = tokens_.window;
      if (std::ranges::any_of(tokens_.shift, [](int64_t shift) { return shift != 0; })) made.shift = tokens_.shift;
    }
    if (made.causal and not made.window.empty()) return {};
    std::vector<ValueId> inputs{packed};
    if (node_.inputs.size() > 3 and node_.inputs[3].valid()) {
      const int64_t groups = graph_.type(node_.inputs[0]).shape[group].value();
      inputs.push_back(periodic(node_.inputs[3], groups, tokens_.windows()).value_or(node_.inputs[3]));
    }
    return patch_.add(made, inputs);
  }

  /// A mask of all windows of all images that is the same for each image, as one for the windows of an image.
  std::optional<ValueId> periodic(ValueId mask, int64_t groups, int64_t windows) {
    const Shape& shape = graph_.type(mask).shape;
    if (shape.rank() < 4 or shape[0] == Dim(1) or groups == windows) return mask;
    if (not(shape[0] == Dim(groups))) return {};
    const Node* node = graph_.producer(mask);
    if (node == nullptr or node->outputs.size() != 1) return {};
    if (node->op.is<ops::Pointwise>()) {
      std::vector<ValueId> inputs;
      for (const ValueId input : node->inputs) {
        const auto own = periodic(input, groups, windows);
        if (not own) return {};
        inputs.push_back(*own);
      }
      return patch_.add(node->op, inputs);
    }
    const Node* expand = node->op.has(Trait::view) ? made_by<ops::Expand>(graph_, node->inputs[0]) : nullptr;
    if (expand == nullptr) return {};
    const Shape& one = graph_.type(expand->inputs[0]).shape;
    const Shape& all = graph_.type(expand->outputs[0]).shape;
    if (one.rank() != all.rank() or one.rank() < 2 or not(one[0] == Dim(1)) or not(one[1] == Dim(windows))) return {};
    for (size_t axis = 1; axis < one.rank(); ++axis)
      if (not(one[axis] == all[axis])) return {};
    Shape shrunk = shape;
    shrunk[0] = windows;
    return add_reshape(patch_, expand->inputs[0], shrunk);
  }

  /// Follows the result down to the last place where its tokens stand in our order, through one product with weights, and puts the packed
  /// result there.
  std::optional<Patch> replaced_below(ValueId made) {
    if (not made.valid()) return {};
    ValueId value = node_.outputs[0];
    AxisTracker axes(graph_.type(value).shape.dims());
    Below below, best_below;
    ValueId best;
    for (int depth = 0; depth < 40; ++depth) {
      if (is_ordered(axes, below.chain.has_value())) {
        best = value;
        best_below = below;
      }
      AxisTracker next = axes;
      const Moved moved = moved_to(graph_, next, value);
      if (moved.value.valid()) {
        axes = std::move(next);
        value = moved.value;
        continue;
      }
      ValueId after = through_quantization(value, below);
      if (not after.valid()) after = through_linear(axes, value, below.chain);
      if (not after.valid()) break;
      value = after;
    }
    if (not best.valid()) return {};
    ValueId result = made;
    for (const Node* quantization : best_below.quantizations) {
      std::vector<ValueId> inputs = quantization->inputs;
      inputs[0] = result;
      result = patch_.add(quantization->op, inputs);
    }
    if (best_below.chain) result = repeated(patch_, graph_, *best_below.chain, result);
    const auto shaped = reshaped(result, graph_.type(best).shape.dims());
    if (not shaped.valid()) return {};
    return replacing(std::move(patch_), graph_, best, shaped);
  }

  bool is_ordered(const AxisTracker& axes, bool behind_product) const {
    size_t inner = axes.axes().back().parts.size();
    if (behind_product) {
      const auto& channels = axes.parts_of(channel);
      if (axes.axes().back().parts.size() != channels.size() or channels.empty() or
          axes.axes().back().parts.front().id != channels.front().id)
        return false;
    } else {
      const auto columns = columns_of(axes);
      if (not columns or columns->part) return false;
      inner = columns->parts;
    }
    const auto tokens = tokens_of(axes, inner);
    return tokens and tokens->same_order(tokens_);
  }

  /// What computes behind the attention, in this order; movements between are followed.
  struct Below {
    std::vector<const Node*> quantizations;
    std::optional<LinearChain> chain;
  };

  /// By one scale, elements are quantized and dequantized alike wherever they stand.
  ValueId through_quantization(ValueId value, Below& below) const {
    const Node* node = below.chain ? nullptr : only_user(graph_, value);
    const auto quantization = node != nullptr ? quantization_of(graph_, *node) : std::nullopt;
    if (not quantization or quantization->data != value or not quantization->per_tensor) return {};
    below.quantizations.push_back(node);
    return node->outputs[0];
  }

  /// One step of the chain behind the attention: the product, and steps along the last axis behind it.
  ValueId through_linear(AxisTracker& axes, ValueId value, std::optional<LinearChain>& chain) const {
    const Node* node = only_user(graph_, value);
    if (node == nullptr) return {};
    if (not chain) {
      const auto* product = node->op.as<ops::MatMul>();
      const auto columns = columns_of(axes);
      if (product == nullptr or product->transpose_a or node->inputs[0] != value or node->inputs[1] == value or not columns or
          columns->part or graph_.type(node->inputs[1]).shape.rank() != 2)
        return {};
      chain = LinearChain{node, {}};
      return axes.replace_last(channel, last_extent(node->outputs[0])) ? node->outputs[0] : ValueId{};
    }
    if (moving_operand(graph_, *node) != value) return {};
    chain->steps.push_back(node);
    return node->outputs[0];
  }

  const Graph& graph_;
  const Node& node_;
  const ops::Attention& op_;
  Patch patch_;
  std::vector<Source> sources_;
  Tokens tokens_;
};

std::optional<Patch> pack(const Graph& graph, const Node& node) {
  return node.op.is<ops::Attention>() ? Packer(graph, node).run() : std::nullopt;
}

}  // namespace

bool PackAttention::run(Graph& graph) const { return rewrite(graph, pack); }

}  // namespace burnish::passes
