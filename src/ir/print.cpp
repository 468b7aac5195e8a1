#include <algorithm>
#include <cctype>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "ir/literal.h"
#include "ir/text.h"
#include "tensor/parse.h"

namespace burnish {
namespace {

bool is_plain_word(std::string_view text) {
  return not text.empty() and std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 or std::string_view("_.?-").find(c) != std::string_view::npos;
  });
}

/// Prints one graph; a region gets a Printer of its own, because its names are its own.
class Printer {
 public:
  Printer(const Graph& graph, const PrintOptions& options, std::string indent)
      : graph_(graph), options_(options), indent_(std::move(indent)), names_(graph.value_count()) {}

  std::string text() {
    out_ = fmt::format("graph {} {{\n", quoted(graph_.name));
    for (const auto& [name, range] : graph_.symbols)
      line(fmt::format("symbol {}: {}..{}", text_of_symbol_name(name), range.min, range.max));
    for (const ValueId input : graph_.inputs()) line(fmt::format("{} = input", declaration(input)));
    for (const NodeId id : graph_.order()) {
      for (const ValueId input : graph_.node(id).inputs) print_constant(input);
      print_node(graph_.node(id));
    }
    for (size_t i = 0; i < graph_.outputs().size(); ++i) print_output(i);
    return out_ + indent_ + "}";
  }

 private:
  void line(const std::string& text) { out_ += indent_ + "  " + text + "\n"; }

  /// A name of its own for each value, as close to its real name as possible.
  const std::string& name_of(ValueId id) {
    std::string& name = names_[id.index];
    if (not name.empty()) return name;
    const std::string wanted = graph_.value(id).name.empty() ? "v" : graph_.value(id).name;
    name = wanted;
    for (size_t i = 1; not taken_.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
    return name;
  }

  std::string reference(ValueId id) {
    if (not id.valid()) return "_";
    const std::string& name = name_of(id);
    return "%" + (is_plain_word(name) ? name : quoted(name));
  }

  std::string declaration(ValueId id) { return fmt::format("{}: {}", reference(id), graph_.type(id).text()); }

  void print_constant(ValueId id) {
    if (not id.valid() or graph_.value(id).constant == nullptr or not printed_.insert(id.index).second) return;
    const std::shared_ptr<const Tensor>& tensor = graph_.value(id).constant;
    std::string value;
    if (tensor->size() <= options_.inline_elements) {
      value = literal_text(*tensor);
    } else {
      const Hash128 hash = content_hash(*tensor);
      if (options_.store) options_.store(hash, tensor);
      value = "@" + text_of(hash);
    }
    line(fmt::format("{} = constant {}", declaration(id), value));
  }

  void print_node(const Node& node) {
    std::string text;
    for (const ValueId output : node.outputs) text += (text.empty() ? "" : ", ") + declaration(output);
    text += fmt::format(" = {}(", node.op.text());
    for (size_t i = 0; i < node.inputs.size(); ++i) text += (i == 0 ? "" : ", ") + reference(node.inputs[i]);
    text += ")";
    if (not node.regions.empty()) {
      text += " {\n";
      for (const Graph& region : node.regions) text += indent_ + "    " + Printer(region, options_, indent_ + "    ").text() + "\n";
      text += indent_ + "  }";
    }
    if (not node.name.empty()) text += " " + quoted(node.name);
    if (options_.provenance)
      for (size_t i = 0; i < node.provenance.size(); ++i) text += (i == 0 ? " from " : ", ") + quoted(node.provenance[i]);
    line(text);
  }

  void print_output(size_t index) {
    const ValueId id = graph_.outputs()[index];
    print_constant(id);
    std::string text = "output " + reference(id);
    if (const std::string& name = graph_.output_name(index); not name.empty() and name != name_of(id))
      text += " as " + quoted(graph_.output_name(index));
    line(text);
  }

  const Graph& graph_;
  const PrintOptions& options_;
  std::string indent_;
  std::string out_;
  std::vector<std::string> names_;
  std::set<std::string> taken_;
  std::set<uint32_t> printed_;
};

}  // namespace

std::string print(const Graph& graph, const PrintOptions& options) { return Printer(graph, options, "").text() + "\n"; }

Hash128 content_hash(const Tensor& tensor) {
  std::string described = fmt::format("{}[{}]", name_of(tensor.dtype()), fmt::join(tensor.dims(), ","));
  if (tensor.dtype() == DType::string) {
    for (const std::string& text : tensor.strings()) described += fmt::format("{}:{}", text.size(), text);
  } else {
    described += text_of(hash_of(std::span(tensor.data(), tensor.bytes())));
  }
  return hash_of(described);
}

}  // namespace burnish
