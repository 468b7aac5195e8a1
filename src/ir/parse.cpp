#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "ir/literal.h"
#include "ir/text.h"
#include "ir/unknown.h"
#include "tensor/parse.h"

namespace burnish {
namespace {

constexpr int most_nesting = 64;

// Unknown sizes that inference makes while a graph is parsed are numbered from here on, above all that a text names.
constexpr uint64_t first_made_unknown = 1'000'000'000'000;
constexpr size_t made_unknown_length = 14;  // of "?1000000000000"

struct Declaration {
  std::string name;
  TensorType type;
};

/// Where the operator text at the start of `text` ends: "Name" or "Name{...}" with strings in it respected.
size_t operator_length(std::string_view text) {
  size_t at = text.find_first_of("{( \t\r\n");
  if (at == std::string_view::npos or text[at] != '{') return std::min(at, text.size());
  size_t depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' and --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

class Parser {
 public:
  Parser(TextCursor& cursor, const ConstantStore& store, int depth) : cursor_(cursor), store_(store), depth_(depth) {
    if (depth > most_nesting) cursor.fail_here(fmt::format("graphs are nested deeper than {}", most_nesting));
  }

  Graph graph() {
    cursor_.expect("graph");
    graph_.name = cursor_.quoted_string();
    cursor_.expect("{");
    graph_.set_next_unknown(first_made_unknown);
    while (not cursor_.accept("}")) statement();
    graph_.set_next_unknown(last_unknown_);
    return std::move(graph_);
  }

 private:
  void statement() {
    if (cursor_.peek() == '%') return definition();
    const std::string_view keyword = cursor_.word();
    if (keyword == "symbol") return symbol();
    if (keyword == "output") return output();
    cursor_.fail_here(fmt::format("expected a value, `symbol`, `output` or `}}`, got `{}`", keyword));
  }

  void symbol() {
    const std::string name = parse_symbol_name(cursor_);
    cursor_.expect(":");
    SymbolRange range;
    range.min = cursor_.integer();
    cursor_.expect("..");
    range.max = cursor_.integer();
    if (range.min < 0 or range.max < range.min) cursor_.fail_here("the range of a symbol is empty or negative");
    if (not graph_.symbols.emplace(name, range).second) cursor_.fail_here(fmt::format("the symbol `{}` is declared twice", name));
  }

  void output() {
    const ValueId id = use();
    graph_.add_output(id, cursor_.accept("as") ? cursor_.quoted_string() : std::string());
  }

  std::string name_after_percent() { return cursor_.peek() == '"' ? cursor_.quoted_string() : std::string(cursor_.word()); }

  ValueId use() {
    cursor_.expect("%");
    const std::string name = name_after_percent();
    const auto found = values_.find(name);
    if (found == values_.end()) cursor_.fail_here(fmt::format("the value `{}` is not defined before it is used", name));
    return found->second;
  }

  void definition() {
    std::vector<Declaration> declared;
    do {
      cursor_.expect("%");
      Declaration one;
      one.name = name_after_percent();
      if (values_.contains(one.name)) cursor_.fail_here(fmt::format("the value `{}` is defined twice", one.name));
      cursor_.expect(":");
      one.type = parse_type(cursor_);
      if (one.type.layout) cursor_.fail_here("values of a graph have no layout");
      declared.push_back(std::move(one));
    } while (cursor_.accept(","));
    cursor_.expect("=");
    cursor_.peek();
    const size_t length = operator_length(cursor_.rest());
    const std::string_view operation = cursor_.rest().substr(0, length);
    if (operation.empty()) cursor_.fail_here("expected an operator, `input` or `constant`");
    if (operation == "input" or operation == "constant") {
      if (declared.size() != 1) cursor_.fail_here(fmt::format("`{}` defines one value", operation));
      cursor_.expect(operation);
      return operation == "input" ? input(declared.front()) : constant(declared.front());
    }
    node(std::move(declared), operation);
  }

  void define(const std::string& name, ValueId id) {
    if (not values_.emplace(name, id).second) cursor_.fail_here(fmt::format("the value `{}` is defined twice", name));
  }

  void input(const Declaration& declared) {
    last_unknown_ = std::max(last_unknown_, unknowns_end(declared.type.shape));
    define(declared.name, graph_.add_input(declared.name, declared.type));
  }

  void constant(const Declaration& declared) {
    const TensorType& type = declared.type;
    if (not type.is_plain()) cursor_.fail_here("a constant is a tensor");
    if (not type.shape.is_static()) cursor_.fail_here("a constant has fixed dimensions");
    const Dims dims = type.shape.dims();
    if (not cursor_.accept("@")) return define(declared.name, graph_.add_constant(parse_literal(cursor_, type.dtype, dims), declared.name));
    const std::string_view digits = cursor_.word();
    const std::optional<Hash128> hash = hash_from_text(digits);
    if (not hash) cursor_.fail_here("a constant's hash has 32 hexadecimal digits");
    std::shared_ptr<const Tensor> tensor = store_ ? store_(*hash) : nullptr;
    if (tensor == nullptr) cursor_.fail_here(fmt::format("the constant @{} is not in the store", digits));
    if (tensor->dtype() != type.dtype or tensor->dims() != dims)
      cursor_.fail_here(fmt::format("the stored constant @{} is not {}", digits, type.text()));
    define(declared.name, graph_.add_constant(std::move(tensor), declared.name));
  }

  std::vector<ValueId> arguments() {
    std::vector<ValueId> inputs;
    cursor_.expect("(");
    while (not cursor_.accept(")")) {
      if (not inputs.empty()) cursor_.expect(",");
      inputs.push_back(cursor_.accept("_") ? ValueId{} : use());
    }
    return inputs;
  }

  std::vector<Graph> regions() {
    std::vector<Graph> found;
    if (not cursor_.accept("{")) return found;
    while (not cursor_.accept("}")) found.push_back(Parser(cursor_, store_, depth_ + 1).graph());
    return found;
  }

  std::vector<std::string> provenance() {
    std::vector<std::string> names;
    if (not cursor_.accept("from")) return names;
    do names.push_back(cursor_.quoted_string());
    while (cursor_.accept(","));
    return names;
  }

  void node(std::vector<Declaration> declared, std::string_view operation) {
    const TextCursor start = cursor_;  // its place is only worked out for an error: finding it takes long in a long text
    const auto location = [&] { return start.location(); };
    Op op = in_context(location, [&] { return Op::parse(operation); });
    cursor_.expect(operation);
    std::vector<ValueId> inputs = arguments();
    std::vector<Graph> bodies = regions();
    std::string name = cursor_.peek() == '"' ? cursor_.quoted_string() : std::string();
    std::vector<std::string> sources = provenance();
    std::vector<std::string> names;
    for (const Declaration& one : declared) names.push_back(one.name);
    in_context(location, [&] {
      const NodeId id =
          graph_.add_node(std::move(op), std::move(inputs), declared.size(), std::move(names), std::move(name), std::move(bodies));
      graph_.mutable_node(id).provenance = std::move(sources);
      take_types(graph_.node(id), declared);
    });
  }

  /// The text's types hold: they name the unknown sizes that inference can only make anew. Whatever else differs is an error.
  void take_types(const Node& node, const std::vector<Declaration>& declared) {
    DimRenames renames;
    for (size_t i = 0; i < declared.size(); ++i)
      match_unknowns(graph_.type(node.outputs[i]).shape, declared[i].type.shape, unknown_prefix, renames);
    std::erase_if(renames, [](const auto& entry) { return entry.first.size() < made_unknown_length; });
    for (size_t i = 0; i < declared.size(); ++i) {
      Value& value = graph_.mutable_value(node.outputs[i]);
      value.type.shape = renamed(value.type.shape, renames);
      if (value.values) value.values = renamed(*value.values, renames);
      if (not compatible(value.type, declared[i].type))
        fail("`{}` is declared as {}, but inference gives {}", declared[i].name, declared[i].type.text(), value.type.text());
      value.type = declared[i].type;
      last_unknown_ = std::max(last_unknown_, unknowns_end(value.type.shape));
      define(declared[i].name, node.outputs[i]);
    }
  }

  TextCursor& cursor_;
  const ConstantStore& store_;
  int depth_;
  Graph graph_;
  std::map<std::string, ValueId, std::less<>> values_;
  uint64_t last_unknown_ = 0;
};

}  // namespace

Graph parse_graph(std::string_view text, const ConstantStore& store) {
  TextCursor cursor(text);
  Graph graph = Parser(cursor, store, 1).graph();
  if (not cursor.at_end()) cursor.fail_here("the graph ends here");
  return graph;
}

}  // namespace burnish
