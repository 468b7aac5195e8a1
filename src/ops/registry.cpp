#include "ops/operator.h"

namespace burnish {
namespace ops {

void Registry::insert(std::unique_ptr<OperatorType> type) {
  const std::string name = type->name;
  BURNISH_CHECK(types_.emplace(name, std::move(type)).second, "operator {} is registered twice", name);
}

void Registry::add_import(std::string_view name, int64_t since, Importer importer, std::string_view domain) {
  Versioned& versions = importers_[fmt::format("{}::{}", domain, name)];
  BURNISH_CHECK(versions.by_opset.emplace(since, std::move(importer)).second, "ONNX {} since {} is registered twice", name, since);
}

const OperatorType* Registry::find(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : found->second.get();
}

const Importer* Registry::find_importer(std::string_view domain, std::string_view name, int64_t opset) const {
  const std::string_view plain = domain == "ai.onnx" ? std::string_view() : domain;
  const auto found = importers_.find(fmt::format("{}::{}", plain, name));
  if (found == importers_.end()) return nullptr;
  auto version = found->second.by_opset.upper_bound(opset);
  return version == found->second.by_opset.begin() ? nullptr : &std::prev(version)->second;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_) names.push_back(name);
  return names;
}

std::vector<std::string> Registry::onnx_names() const {
  std::vector<std::string> names;
  for (const auto& [name, versions] : importers_) names.push_back(name.starts_with("::") ? name.substr(2) : name);
  return names;
}

const Registry& registry() {
  static const Registry instance = [] {
    Registry made;
    register_all(made);
    return made;
  }();
  return instance;
}

namespace {
// Makes `Op(ops::Conv{...})` work from the first line of a program on.
[[maybe_unused]] const bool registered_at_load = (registry(), true);
}  // namespace

}  // namespace ops

const OperatorType* find_operator(std::string_view name) { return ops::registry().find(name); }

}  // namespace burnish
