// Declared types and the caller's sizes, checked against each other.
#include "onnx/inputs.h"

#include "base/error.h"
#include "ops/import.h"

namespace burnish::onnx {
namespace {

std::optional<Dim> declared_dim(const proto::TensorShapeProto::Dimension& dim) {
  if (dim.has_dim_value()) {
    if (dim.dim_value() == -1) return {};  // how some exporters write an open size
    if (dim.dim_value() < 0) fail("a dimension has the negative size {}", dim.dim_value());
    return Dim(dim.dim_value());
  }
  // "?" is no name but how some exporters write that there is none: sizes that carry it need not be equal.
  if (dim.has_dim_param() and not dim.dim_param().empty() and dim.dim_param() != "?") return Dim::symbol(dim.dim_param());
  return {};
}

std::string_view kind_of(const proto::TypeProto& type) {
  switch (type.value_case()) {
    case proto::TypeProto::kTensorType: return "tensor";
    case proto::TypeProto::kSequenceType: return "sequence";
    case proto::TypeProto::kMapType: return "map";
    case proto::TypeProto::kOptionalType: return "optional";
    case proto::TypeProto::kSparseTensorType: return "sparse tensor";
    default: return "value of unknown kind";
  }
}

const proto::TypeProto& inside(const proto::TypeProto& type) {
  return type.has_sequence_type() ? type.sequence_type().elem_type() : type.optional_type().elem_type();
}

std::string known_names(const std::set<std::string, std::less<>>& names) {
  return names.empty() ? "it has none" : fmt::format("it has {}", fmt::join(names, ", "));
}

}  // namespace

std::optional<DeclaredType> declared_type(const proto::ValueInfoProto& value) {
  if (not value.has_type() or value.type().value_case() == proto::TypeProto::VALUE_NOT_SET) return {};
  return in_context([&] { return fmt::format("the type of `{}`", value.name()); }, [&] { return declared_type(value.type()); });
}

std::optional<DeclaredType> declared_type(const proto::TypeProto& type) {
  DeclaredType declared;
  const proto::TypeProto* innermost = &type;
  if (type.has_sequence_type() or type.has_optional_type()) {
    declared.kind = type.has_sequence_type() ? ValueKind::sequence : ValueKind::optional;
    innermost = &inside(type);
    if (type.has_optional_type() and innermost->has_sequence_type()) {
      declared.kind = ValueKind::optional_sequence;
      innermost = &inside(*innermost);
    }
  }
  if (innermost->value_case() == proto::TypeProto::VALUE_NOT_SET) return {};
  if (not innermost->has_tensor_type())
    fail_unsupported("it is a {}{}; tensors, sequences of tensors and optionals of both are supported", kind_of(type),
                     innermost == &type ? "" : fmt::format(" of a {}", kind_of(*innermost)));
  const proto::TypeProto::Tensor& tensor = innermost->tensor_type();
  declared.dtype = ops::dtype_from_onnx(tensor.elem_type());
  if (not tensor.has_shape()) return declared;
  declared.dims.emplace();
  for (const auto& dim : tensor.shape().dim()) declared.dims->push_back(declared_dim(dim));
  return declared;
}

TensorType open_type(const DeclaredType& declared, uint64_t first_unknown) {
  TensorType type;
  type.dtype = declared.dtype;
  type.kind = declared.kind;
  // Files that do not want to say anything write a shape without axes.
  type.known = declared.dims and not declared.dims->empty() ? Known::shape : Known::nothing;
  for (size_t axis = 0; declared.dims and axis < declared.dims->size(); ++axis)
    type.shape.push_back(Dim::symbol(fmt::format("?{}", first_unknown++)));
  return type;
}

void check_size(const Shape& shape) {
  if (shape.is_static()) element_count(shape.dims());
}

Dim Symbols::fresh(const std::string& wish) {
  std::string name = wish;
  for (int i = 2; not names_.insert(name).second; ++i) name = fmt::format("{}_{}", wish, i);
  return Dim::symbol(name);
}

void Symbols::bind(const std::string& symbol, int64_t size, const std::string& why) {
  const auto [bound, added] = bindings_.emplace(symbol, size);
  if (not added and bound->second != size) fail("the dimension `{}` is {} by {}, but {} elsewhere", symbol, size, why, bound->second);
}

/// The shape of an input that the model declares without one.
Shape Symbols::complete_given_shape(const std::string& name) const {
  const auto given = config_.input_shapes.find(name);
  if (given == config_.input_shapes.end()) fail("the input `{}` has no shape in the model; give it one", name);
  for (const int64_t size : given->second)
    if (size < 0) fail("the input `{}` has no shape in the model; the given shape {} must be complete", name, text_of(given->second));
  return Shape(std::span<const int64_t>(given->second));
}

Shape Symbols::declared_shape(const std::string& name, const DeclaredType& declared) {
  if (not declared.dims) return complete_given_shape(name);
  Shape shape;
  for (size_t axis = 0; axis < declared.dims->size(); ++axis) {
    const std::optional<Dim>& dim = (*declared.dims)[axis];
    shape.push_back(dim ? *dim : fresh(fmt::format("{}_{}", name, axis)));
  }
  return shape;
}

/// Binds the symbols of `shape` to the sizes given for this input.
void Symbols::fix(const std::string& name, const Shape& shape) {
  const auto given = config_.input_shapes.find(name);
  if (given == config_.input_shapes.end()) return;
  const Dims& sizes = given->second;
  if (sizes.size() != shape.rank())
    fail("the given shape {} of `{}` has another rank than the model's {}", text_of(sizes), name, shape.text());
  for (size_t axis = 0; axis < shape.rank(); ++axis) {
    if (sizes[axis] < 0) continue;
    if (not shape[axis].is_constant()) {
      bind(std::string(shape[axis].symbol_name()), sizes[axis], fmt::format("the given shape of `{}`", name));
    } else if (shape[axis].value() != sizes[axis]) {
      fail("the given shape {} of `{}` does not fit the model's {}: axis {} is fixed", text_of(sizes), name, shape.text(), axis);
    }
  }
}

void Symbols::bind_given_symbols() {
  for (const auto& [name, size] : config_.symbols) {
    if (not names_.contains(name))
      fail("a size is given for the dimension `{}`, but the model has no such dimension: {}", name, known_names(names_));
    if (size < 0) fail("the size {} given for the dimension `{}` is negative", size, name);
    bind(name, size, "the given sizes of dimensions");
  }
}

std::vector<TensorType> Symbols::input_types(const std::vector<const proto::ValueInfoProto*>& inputs) {
  std::set<std::string, std::less<>> input_names;
  std::vector<DeclaredType> declared;
  for (const proto::ValueInfoProto* input : inputs) {
    const std::optional<DeclaredType> type = declared_type(*input);
    if (not type) fail("the input `{}` has no type", input->name());
    declared.push_back(*type);
    input_names.insert(input->name());
    for (const auto& dim : type->dims.value_or(std::vector<std::optional<Dim>>()))
      if (dim and type->kind == ValueKind::tensor and not dim->is_constant()) names_.insert(std::string(dim->symbol_name()));
  }
  for (const auto& [name, dims] : config_.input_shapes)
    if (not input_names.contains(name))
      fail("a shape is given for `{}`, but the model has no such input: {}", name, known_names(input_names));

  std::vector<TensorType> types;
  uint64_t unknowns = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (declared[i].kind != ValueKind::tensor) {
      types.push_back(open_type(declared[i], unknowns));
      unknowns += types.back().shape.rank();
      continue;
    }
    types.push_back(TensorType{declared[i].dtype, declared_shape(inputs[i]->name(), declared[i]), {}});
    fix(inputs[i]->name(), types.back().shape);
  }
  bind_given_symbols();
  for (size_t i = 0; i < types.size(); ++i) {
    if (not types[i].is_plain()) continue;
    types[i].shape = types[i].shape.substituted(bindings_);
    in_context([&] { return fmt::format("the type of `{}`", inputs[i]->name()); }, [&] { check_size(types[i].shape); });
  }
  return types;
}

}  // namespace burnish::onnx
