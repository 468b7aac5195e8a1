// Attribute look-up and type checks.
#include "onnx/attributes.h"

#include "base/error.h"

namespace burnish::onnx {
namespace {

using Type = proto::AttributeProto;

std::string_view name_of_type(int type) {
  switch (type) {
    case Type::FLOAT: return "FLOAT";
    case Type::INT: return "INT";
    case Type::STRING: return "STRING";
    case Type::TENSOR: return "TENSOR";
    case Type::GRAPH: return "GRAPH";
    case Type::FLOATS: return "FLOATS";
    case Type::INTS: return "INTS";
    case Type::STRINGS: return "STRINGS";
    case Type::TENSORS: return "TENSORS";
    case Type::GRAPHS: return "GRAPHS";
    case Type::SPARSE_TENSOR: return "SPARSE_TENSOR";
    case Type::SPARSE_TENSORS: return "SPARSE_TENSORS";
    case Type::TYPE_PROTO: return "TYPE_PROTO";
    case Type::TYPE_PROTOS: return "TYPE_PROTOS";
    default: return "UNDEFINED";
  }
}

/// Nothing where the attribute refers to one that the function's caller did not give.
std::optional<Argument> resolved(proto::AttributeProto& attribute, Scope& scope) {
  const std::string& reference = attribute.ref_attr_name();
  if (reference.empty()) return Argument{&attribute, &scope};
  if (scope.arguments == nullptr)
    fail("the attribute `{}` refers to the attribute `{}` of a function, but stands in none", attribute.name(), reference);
  const auto found = scope.arguments->find(reference);
  if (found == scope.arguments->end()) return {};
  if (attribute.type() != Type::UNDEFINED and type_of(*found->second.attribute) != attribute.type())
    fail("the attribute `{}` refers to `{}`, which is {} where {} is expected", attribute.name(), reference,
         name_of_type(type_of(*found->second.attribute)), name_of_type(attribute.type()));
  return found->second;
}

}  // namespace

Arguments attributes_of(proto::NodeProto& node, Scope& scope) {
  Arguments attributes;
  std::set<std::string_view> seen;
  for (proto::AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.name().empty()) fail("an attribute has no name");
    if (not seen.insert(attribute.name()).second) fail("the attribute `{}` is given twice", attribute.name());
    if (const std::optional<Argument> found = resolved(attribute, scope)) attributes.emplace(attribute.name(), *found);
  }
  return attributes;
}

proto::AttributeProto::AttributeType type_of(const proto::AttributeProto& attribute) {
  if (attribute.type() != Type::UNDEFINED) return attribute.type();
  if (attribute.has_f()) return Type::FLOAT;
  if (attribute.has_i()) return Type::INT;
  if (attribute.has_s()) return Type::STRING;
  if (attribute.has_t()) return Type::TENSOR;
  if (attribute.has_g()) return Type::GRAPH;
  if (attribute.has_sparse_tensor()) return Type::SPARSE_TENSOR;
  if (attribute.floats_size() > 0) return Type::FLOATS;
  if (attribute.ints_size() > 0) return Type::INTS;
  if (attribute.strings_size() > 0) return Type::STRINGS;
  return Type::UNDEFINED;
}

proto::AttributeProto* find_attribute(const Arguments& attributes, std::string_view name, proto::AttributeProto::AttributeType type) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return nullptr;
  proto::AttributeProto* attribute = found->second.attribute;
  if (type_of(*attribute) != type)
    fail("the attribute `{}` is {}, but must be {}", name, name_of_type(type_of(*attribute)), name_of_type(type));
  const bool is_whole = (type != Type::TENSOR or attribute->has_t()) and (type != Type::GRAPH or attribute->has_g()) and
                        (type != Type::SPARSE_TENSOR or attribute->has_sparse_tensor());
  if (not is_whole) fail("the attribute `{}` says it is {}, but holds none", name, name_of_type(type));
  return attribute;
}

}  // namespace burnish::onnx
