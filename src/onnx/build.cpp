// Graphs from node lists: inputs, initializers, nodes in a legal order, outputs under their names.
#include "onnx/build.h"

#include <algorithm>

#include "base/error.h"
#include "onnx/branches.h"
#include "onnx/node_context.h"
#include "ops/operator.h"

namespace burnish::onnx {
namespace {

// The survey bounds what inlining makes; this bounds bodies in bodies that are imported more than once to find their types.
constexpr size_t most_nodes = 4'000'000;
// Nodes imported into branches because of their rank, which each If may double.
constexpr size_t most_branch_nodes = 50'000;

std::string version_text(const proto::NodeProto& node, const Opsets& opsets) {
  const auto version = opsets.find(plain_domain(node.domain()));
  const std::string domain = plain_domain(node.domain()).empty() ? "" : fmt::format("{}::", node.domain());
  return version == opsets.end() ? fmt::format("{}{}", domain, node.op_type())
                                 : fmt::format("{}{}, opset {}", domain, node.op_type(), version->second);
}

std::set<std::string_view> initializer_names(const proto::GraphProto& graph) {
  std::set<std::string_view> names;
  for (const proto::TensorProto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const proto::SparseTensorProto& tensor : graph.sparse_initializer()) names.insert(tensor.values().name());
  return names;
}

std::set<std::string_view> output_names(const proto::GraphProto& graph) {
  std::set<std::string_view> names;
  for (const proto::ValueInfoProto& output : graph.output()) names.insert(output.name());
  return names;
}

/// What an application must feed: inputs that are initializers too only offer their values for replacement, which a compiled network does not.
std::vector<const proto::ValueInfoProto*> true_inputs(const proto::GraphProto& graph) {
  const std::set<std::string_view> initializers = initializer_names(graph);
  std::vector<const proto::ValueInfoProto*> inputs;
  for (const proto::ValueInfoProto& input : graph.input()) {
    if (input.name().empty()) fail("a graph input has no name");
    if (not initializers.contains(input.name())) inputs.push_back(&input);
  }
  return inputs;
}

/// What a body's input is: as its outer value where there is one, refined by sizes that the body declares; else as declared.
TensorType body_input_type(const proto::ValueInfoProto& input, const std::optional<DeclaredType>& declared,
                           const std::optional<TensorType>& formal, Symbols& symbols, uint64_t first_unknown) {
  if (declared and formal and declared->dtype != formal->dtype)
    fail("the body's input `{}` is declared as {}, but gets {}", input.name(), name_of(declared->dtype), formal->text());
  if (declared and formal and declared->kind != formal->kind)
    fail("the body's input `{}` is declared as a {}, but gets {}", input.name(), name_of(declared->kind), formal->text());
  if (formal and formal->kind != ValueKind::tensor) return *formal;
  if (declared and declared->kind != ValueKind::tensor) return open_type(*declared, first_unknown);
  const bool has_shape = declared and declared->dims;
  if (not formal and not has_shape) fail("the body's input `{}` has no type", input.name());
  if (formal and (not has_shape or declared->dims->size() != formal->shape.rank())) return *formal;

  TensorType type{declared->dtype, {}, {}};
  for (size_t axis = 0; axis < declared->dims->size(); ++axis) {
    const std::optional<Dim>& dim = (*declared->dims)[axis];
    const bool refines = dim and dim->is_constant() and formal and not formal->shape[axis].is_constant();
    if (formal and not refines) type.shape.push_back(formal->shape[axis]);
    else type.shape.push_back(dim ? symbols.substituted(*dim) : symbols.fresh(fmt::format("{}_{}", input.name(), axis)));
  }
  return type;
}

}  // namespace

void Builder::count_node() {
  if (++nodes_made_ > most_nodes)
    throw Error(fmt::format("the types of nested bodies cannot be found within {} nodes", most_nodes), StatusCode::resource_exhausted);
}

void Builder::define_initializers(proto::GraphProto& graph, Scope& scope) {
  const auto define = [&](const std::string& name, Tensor tensor) {
    if (name.empty()) fail("an initializer has no name");
    scope.define(name, scope.graph.add_constant(std::move(tensor), scope.path + name));
  };
  for (proto::TensorProto& tensor : *graph.mutable_initializer()) define(tensor.name(), tensors_.read(tensor));
  for (proto::SparseTensorProto& tensor : *graph.mutable_sparse_initializer()) define(tensor.values().name(), tensors_.read(tensor));
}

void Builder::import_nodes(NodeList& nodes, Scope& scope, std::set<std::string_view> results) {
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string& output : nodes[i].output())
      if (scope.values.contains(output)) fail("{} produces `{}`, which is an input or initializer already", describe(nodes[i], i), output);
  const std::vector<int> order = execution_order(nodes, [&](const std::string& name) { return scope.knows(name); });
  std::optional<Needs> known;  // most models never ask
  const std::function<const Needs&()> needs = [&]() -> const Needs& {
    if (not known) known.emplace(nodes, order, std::move(results));
    return *known;
  };
  const ImportNode import = [&](proto::NodeProto& node, int index, Scope& inside) {
    if (&inside != &scope and ++branch_nodes_ > most_branch_nodes)
      throw Error(fmt::format("what follows Ifs of different rank grows beyond {} nodes", most_branch_nodes),
                  StatusCode::resource_exhausted);
    import_node(node, index, inside);
  };
  Place place(scope, import, needs);
  for (size_t position = 0; position < order.size(); ++position) place.add(nodes[order[position]], order[position], position);
  place.finish();
}

void Builder::import_node(proto::NodeProto& node, int index, Scope& scope) {
  const std::string plain = node.name().empty() ? fmt::format("{}_{}", node.op_type(), index) : node.name();
  const std::string name = scope.unique_node_name(scope.path + plain);
  const auto where = [&] { return fmt::format("importing node `{}` ({})", name, version_text(node, scope.opsets)); };
  in_context(where, [&] {
    if (const Function* function = functions_.find(node)) return inline_call(*function, node, name, scope);
    if (std::ranges::all_of(node.output(), &std::string::empty)) return;
    const int64_t opset = opset_of(scope.opsets, node.domain());
    const ops::Importer* importer = ops::registry().find_importer(plain_domain(node.domain()), node.op_type(), opset);
    BURNISH_CHECK(importer != nullptr, "{} was there when the model was looked through", node.op_type());
    NodeContext context(*this, scope, node, name, opset);
    try {
      (*importer)(context);
    } catch (const std::out_of_range&) {
      fail("the node has {} inputs and {} outputs, which is not what its operator takes", node.input_size(), node.output_size());
    }
    context.finish();
  });
}

void Builder::inline_call(const Function& function, proto::NodeProto& node, const std::string& name, Scope& scope) {
  proto::FunctionProto& body = *function.body;
  in_context(
      [&] { return fmt::format("inlining function {}", full_name(body)); },
      [&] {
        Arguments arguments = attributes_of(node, scope);
        for (proto::AttributeProto& fallback : *body.mutable_attribute_proto())
          arguments.try_emplace(fallback.name(), Argument{&fallback, &scope});
        Scope inner{
            .graph = scope.graph, .opsets = function.opsets, .node_names = scope.node_names, .arguments = &arguments, .path = name + "/"};
        if (node.input_size() > body.input_size()) fail("the function takes {} inputs, not {}", body.input_size(), node.input_size());
        for (int i = 0; i < body.input_size(); ++i) {
          const bool given = i < node.input_size() and not node.input(i).empty();
          const std::optional<ValueId> value = given ? scope.find(node.input(i)) : ValueId{};
          if (not value) fail("the input `{}` comes from nowhere", node.input(i));
          inner.define(body.input(i), *value);
        }
        std::set<ValueId> made;
        const auto first = static_cast<uint32_t>(scope.graph.value_count());
        import_nodes(*body.mutable_node(), inner, {body.output().begin(), body.output().end()});
        for (uint32_t id = first; id < scope.graph.value_count(); ++id) made.insert(ValueId{id});

        if (node.output_size() > body.output_size()) fail("the function has {} outputs, not {}", body.output_size(), node.output_size());
        for (int i = 0; i < node.output_size(); ++i) {
          if (node.output(i).empty()) continue;
          const std::optional<ValueId> value = inner.find(body.output(i));
          if (not value or not value->valid()) fail("nothing in the function produces its output `{}`", body.output(i));
          define_named(scope, node.output(i), *value, made);
        }
      });
}

void Builder::compare_with_declared(const proto::ValueInfoProto& output, const TensorType& type) const {
  const std::optional<DeclaredType> declared = declared_type(output);
  if (not declared) return;
  if (declared->dtype != type.dtype)
    fail("the output `{}` is declared as {}, but computed as {}", output.name(), name_of(declared->dtype), type.text());
  if (declared->kind != type.kind)
    fail("the output `{}` is declared as a {}, but computed as {}", output.name(), name_of(declared->kind), type.text());
  if (not declared->dims or not type.is_plain()) return;
  bool differs = declared->dims->size() != type.shape.rank();
  for (size_t axis = 0; not differs and axis < type.shape.rank(); ++axis) {
    const std::optional<Dim>& dim = (*declared->dims)[axis];
    differs = dim and dim->is_constant() and type.shape[axis].is_constant() and not(*dim == type.shape[axis]);
  }
  if (differs and log_)
    log_(Severity::warning,
         fmt::format("the declared shape of the output `{}` is not {}, which is what the model computes", output.name(), type.text()));
}

void Builder::define_outputs(const proto::GraphProto& graph, Scope& scope) {
  std::set<std::string_view> names;
  for (const proto::ValueInfoProto& output : graph.output()) {
    const std::optional<ValueId> value = scope.find(output.name());
    if (not value or not value->valid()) fail("nothing produces the output `{}`", output.name());
    if (scope.outer != nullptr) {
      scope.graph.add_output(*value);
      continue;
    }
    if (not names.insert(output.name()).second) fail("the output `{}` is listed twice", output.name());
    compare_with_declared(output, scope.graph.type(*value));
    scope.graph.add_output(*value, output.name());
  }
}

Graph Builder::main_graph(proto::GraphProto& proto, const Opsets& opsets) {
  Graph graph;
  graph.name = proto.name();
  std::set<std::string> node_names;
  Scope scope{.graph = graph, .opsets = opsets, .node_names = node_names};
  const std::vector<const proto::ValueInfoProto*> inputs = true_inputs(proto);
  const std::vector<TensorType> types = symbols_.input_types(inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    scope.define(inputs[i]->name(), graph.add_input(inputs[i]->name(), types[i]));
    if (not types[i].is_plain()) continue;
    for (const Dim& dim : types[i].shape)
      for (const std::string& symbol : dim.symbols()) graph.symbols.try_emplace(symbol);
  }
  define_initializers(proto, scope);
  import_nodes(*proto.mutable_node(), scope, output_names(proto));
  if (proto.output_size() == 0) fail("the model has no outputs");
  define_outputs(proto, scope);
  return graph;
}

void Builder::define_region_inputs(const proto::GraphProto& body, Scope& scope, const std::vector<std::optional<TensorType>>& formals) {
  const std::set<std::string_view> initializers = initializer_names(body);
  for (size_t i = 0; i < static_cast<size_t>(body.input_size()); ++i) {
    const proto::ValueInfoProto& input = body.input(static_cast<int>(i));
    if (initializers.contains(input.name())) fail_unsupported("the body's input `{}` is an initializer too", input.name());
    const std::optional<DeclaredType> declared = declared_type(input);
    const std::optional<TensorType> formal = i < formals.size() ? formals[i] : std::nullopt;
    TensorType type = body_input_type(input, declared, formal, symbols_, scope.graph.next_unknown());
    scope.define(input.name(), scope.graph.add_input(input.name(), std::move(type)));
  }
}

ops::ImportedRegion Builder::region(proto::GraphProto& body, Scope& outer, const std::vector<std::optional<TensorType>>& formals) {
  ops::ImportedRegion region;
  region.graph.name = body.name();
  std::set<std::string> node_names;
  Scope scope{.graph = region.graph,
              .opsets = outer.opsets,
              .node_names = node_names,
              .arguments = outer.arguments,
              .outer = &outer,
              .path = outer.path};
  define_region_inputs(body, scope, formals);
  define_initializers(body, scope);
  import_nodes(*body.mutable_node(), scope, output_names(body));
  define_outputs(body, scope);
  region.captured = std::move(scope.captured);
  return region;
}

}  // namespace burnish::onnx
