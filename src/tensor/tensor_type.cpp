#include "tensor/tensor_type.h"

#include "base/error.h"
#include "tensor/parse.h"

namespace burnish {
namespace {

constexpr size_t most_axes = 64;

DType parse_dtype(TextCursor& cursor) {
  const std::string_view name = cursor.word();
  if (const std::optional<DType> dtype = dtype_from_name(name)) return *dtype;
  cursor.fail_here(fmt::format("`{}` is no element type", name));
}

Shape parse_shape(TextCursor& cursor) {
  Shape shape;
  cursor.expect("[");
  if (cursor.accept("]")) return shape;
  do {
    if (shape.rank() == most_axes) cursor.fail_here(fmt::format("a shape has more than {} axes", most_axes));
    Dim dim = parse_dim(cursor);
    if (dim.is_constant() and dim.value() < 0) cursor.fail_here("a dimension is negative");
    shape.push_back(std::move(dim));
  } while (cursor.accept(","));
  cursor.expect("]");
  return shape;
}

}  // namespace

std::string TensorType::text() const {
  std::string out = std::string(name_of(dtype)) + (known == Known::shape ? shape.text() : known == Known::nothing ? "[*]" : "[!]");
  if (layout) out += "{" + layout->text() + "}";
  if (kind == ValueKind::sequence or kind == ValueKind::optional_sequence) out = "sequence<" + out + ">";
  return is_optional(kind) ? "optional<" + out + ">" : out;
}

TensorType parse_type(TextCursor& cursor) {
  TensorType type;
  const bool optional = cursor.accept("optional<");
  const bool sequence = cursor.accept("sequence<");
  if (optional) type.kind = sequence ? ValueKind::optional_sequence : ValueKind::optional;
  else if (sequence) type.kind = ValueKind::sequence;
  type.dtype = parse_dtype(cursor);
  if (cursor.accept("[*]")) type.known = Known::nothing;
  else if (cursor.accept("[!]")) type.known = Known::no_tensor;
  else type.shape = parse_shape(cursor);
  if (type.shape.is_static()) element_count(type.shape.dims());  // throws where it is out of range
  if (sequence) cursor.expect(">");
  if (optional) cursor.expect(">");
  if (type.known == Known::no_tensor and type.kind == ValueKind::tensor) cursor.fail_here("only sequences and optionals can be empty");
  if (not type.is_plain() or not cursor.accept("{")) return type;
  const std::string_view rest = cursor.rest();
  const std::string_view text = rest.substr(0, rest.find('}'));
  type.layout = Layout::parse(text);
  if (not type.layout or type.layout->order.size() != type.shape.rank()) cursor.fail_here("expected a layout of as many axes as the shape");
  cursor.expect(text);
  cursor.expect("}");
  return type;
}

TensorType TensorType::parse(std::string_view text) {
  TextCursor cursor(text);
  TensorType type = parse_type(cursor);
  if (not cursor.at_end()) cursor.fail_here("a type ends here");
  return type;
}

}  // namespace burnish
