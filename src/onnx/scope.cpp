// Look-up, capture and definition of names.
#include "onnx/scope.h"

#include "base/error.h"

namespace burnish::onnx {

bool Scope::knows(const std::string& name) const { return values.contains(name) or (outer != nullptr and outer->knows(name)); }

std::optional<ValueId> Scope::find(const std::string& name) {
  if (const auto found = values.find(name); found != values.end()) return found->second;
  if (outer == nullptr) return {};
  const std::optional<ValueId> outside = outer->find(name);
  if (not outside or not outside->valid()) return outside;
  const Value& value = outer->graph.value(*outside);
  // A constant is shared instead of captured, so that inference sees it inside of the body too.
  if (value.constant != nullptr) return values[name] = graph.add_constant(value.constant, value.name);
  const ValueId inside = graph.add_input(value.name, value.type);
  graph.mutable_value(inside).values = value.values;
  captured.push_back(*outside);
  return values[name] = inside;
}

void Scope::define(const std::string& name, ValueId value) {
  if (not values.emplace(name, value).second) fail("the name `{}` is defined twice", name);
}

std::string Scope::unique_node_name(const std::string& wish) {
  std::string name = wish;
  for (int i = 2; not node_names.insert(name).second; ++i) name = fmt::format("{}#{}", wish, i);
  return name;
}

}  // namespace burnish::onnx
