// The formal inputs of Loop and Scan bodies, and the search for types that an iteration keeps.
#include "onnx/bodies.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::onnx {
namespace {

/// A formal input that the next iteration gets from an output of the body.
struct Carried {
  size_t input;
  size_t output;
};

struct Formals {
  std::vector<std::optional<TensorType>> types;
  std::vector<Carried> carried;
};

// Loop(trip count, condition, v...) runs body(iteration, condition, v...) -> (condition, v..., scans...).
Formals loop_formals(const ops::ImportContext& context) {
  Formals formals;
  formals.types = {TensorType{DType::i64, {}, {}}, TensorType{DType::boolean, {}, {}}};
  for (size_t i = 2; i < context.input_count(); ++i) {
    formals.types.push_back(context.has_input(i) ? std::optional(context.type(context.input(i))) : std::nullopt);
    formals.carried.push_back({i, i - 1});
  }
  return formals;
}

// Scan(states..., sequences...) runs body(states..., slices...) -> (states..., slices...). Opset 8 has one more input and a batch axis:
// there the declared types must do.
Formals scan_formals(const ops::ImportContext& context) {
  Formals formals;
  if (context.opset() < 9) return formals;
  const auto slices = static_cast<size_t>(std::max<int64_t>(0, context.int_or("num_scan_inputs", 0)));
  if (slices > context.input_count()) fail("num_scan_inputs is {}, but there are {} inputs", slices, context.input_count());
  const size_t states = context.input_count() - slices;
  const std::vector<int64_t> axes = context.ints_or("scan_input_axes", std::vector<int64_t>(slices, 0));
  for (size_t i = 0; i < context.input_count(); ++i) {
    if (not context.has_input(i)) {
      formals.types.emplace_back();
      continue;
    }
    TensorType type = context.type(context.input(i));
    if (i < states) {
      formals.carried.push_back({i, i});
    } else {
      const auto rank = static_cast<int64_t>(type.shape.rank());
      const int64_t axis = i - states < axes.size() ? axes[i - states] : 0;
      if (axis < -rank or axis >= rank) fail("the scan axis {} is outside of rank {}", axis, rank);
      type.shape = type.shape.replaced(static_cast<size_t>(axis < 0 ? axis + rank : axis), 1, {});
    }
    formals.types.push_back(std::move(type));
  }
  return formals;
}

// SequenceMap(sequence, others...) runs body(element, others...), where an other that is a sequence gives its element too.
Formals map_formals(const ops::ImportContext& context, Symbols& symbols) {
  Formals formals;
  for (size_t i = 0; i < context.input_count(); ++i) {
    TensorType type = context.has_input(i) ? context.type(context.input(i)) : TensorType{};
    if (type.kind == ValueKind::sequence) {
      type.kind = ValueKind::tensor;
      if (type.known == Known::no_tensor) type.known = Known::nothing;
      for (size_t axis = 0; axis < type.shape.rank(); ++axis)
        if (not type.shape[axis].is_constant()) type.shape[axis] = symbols.fresh(fmt::format("element_{}_{}", i, axis));
    }
    formals.types.emplace_back(std::move(type));
  }
  return formals;
}

Formals formals_of(const ops::ImportContext& context, Symbols& symbols) {
  if (context.domain().empty() and context.op_type() == "Loop") return loop_formals(context);
  if (context.domain().empty() and context.op_type() == "Scan") return scan_formals(context);
  if (context.domain().empty() and context.op_type() == "SequenceMap") return map_formals(context, symbols);
  return {};
}

/// Widens what is known of a carried sequence or optional until it fits what an iteration makes of it. Returns whether it did not.
bool widen(TensorType& formal, const TensorType& after) {
  if (after.known == Known::no_tensor or formal.known == Known::nothing) return false;
  if (formal.known == Known::no_tensor) {
    formal.known = after.known;
    formal.shape = after.shape;
    return true;
  }
  if (after.known == Known::nothing or formal.shape.rank() != after.shape.rank()) {
    formal.known = Known::nothing;
    formal.shape = {};
    return true;
  }
  bool changed = false;
  for (size_t axis = 0; axis < after.shape.rank(); ++axis) {
    if (not formal.shape[axis].is_constant() or formal.shape[axis] == after.shape[axis]) continue;
    formal.shape[axis] = Dim::symbol("?0");
    changed = true;
  }
  return changed;
}

/// Replaces the sizes of carried values that the body changes by new symbols. Returns whether there were any.
bool generalize(Formals& formals, const Graph& graph, Symbols& symbols) {
  bool changed = false;
  for (const Carried& one : formals.carried) {
    if (one.input >= formals.types.size() or not formals.types[one.input] or one.output >= graph.outputs().size() or
        one.input >= graph.inputs().size())
      continue;
    const Value& before = graph.value(graph.inputs()[one.input]);
    const TensorType& result = graph.type(graph.outputs()[one.output]);
    if (formals.types[one.input]->kind != ValueKind::tensor and result.kind == formals.types[one.input]->kind) {
      changed |= widen(*formals.types[one.input], result);
      continue;
    }
    if (result.kind != formals.types[one.input]->kind) continue;  // an optional, and what it holds
    const Shape& after = result.shape;
    Shape& shape = formals.types[one.input]->shape;
    if (after.rank() != before.type.shape.rank() or shape.rank() != after.rank())
      fail_unsupported("the carried value `{}` has rank {} before and rank {} after an iteration", before.name, before.type.shape.rank(),
                       after.rank());
    for (size_t axis = 0; axis < after.rank(); ++axis) {
      if (after[axis] == before.type.shape[axis] or not(before.type.shape[axis] == shape[axis])) continue;
      shape[axis] = symbols.fresh(fmt::format("{}_{}", before.name, axis));
      changed = true;
    }
  }
  return changed;
}

}  // namespace

ops::ImportedRegion import_body(Builder& builder, const ops::ImportContext& context, proto::GraphProto& body, Scope& scope) {
  Formals formals = formals_of(context, builder.symbols());
  // Each round turns at least one size into a symbol; in practice one repetition is enough.
  for (int round = 0; round < 4; ++round) {
    ops::ImportedRegion region = builder.region(body, scope, formals.types);
    if (round == 3 or not generalize(formals, region.graph, builder.symbols())) return region;
  }
  BURNISH_CHECK(false, "the last round returns");
}

}  // namespace burnish::onnx
