// LabelEncoder: each element replaced by what a table says, or by a default. ai.onnx.ml LabelEncoder, opsets 1, 2, 4.
// Keys and values are strings, integers or floating numbers. The table holds all of them as text; NaN is one key.
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "ops/operator.h"

namespace burnish::ops {

struct LabelEncoder {
  DType key_type = DType::string;
  DType value_type = DType::i64;
  std::vector<std::string> keys;
  std::vector<std::string> values;
  std::string otherwise;
  static constexpr auto fields =
      std::tuple{field("key_type", &LabelEncoder::key_type), field("value_type", &LabelEncoder::value_type),
                 field("keys", &LabelEncoder::keys), field("values", &LabelEncoder::values), field("otherwise", &LabelEncoder::otherwise)};
};

namespace {

std::string text_of_element(const Tensor& tensor, int64_t index) {
  if (tensor.dtype() == DType::string) return tensor.strings()[static_cast<size_t>(index)];
  if (is_floating(tensor.dtype())) return print_field(tensor.number(index) == 0 ? 0.0 : tensor.number(index));
  return print_field(tensor.integer(index));
}

/// Reads back what `text_of_element` made.
void set_element(Tensor& tensor, int64_t index, const std::string& text) {
  if (tensor.dtype() == DType::string) {
    tensor.mutable_strings()[static_cast<size_t>(index)] = text;
    return;
  }
  TextCursor cursor(text);
  if (is_floating(tensor.dtype())) tensor.set_number(index, cursor.number());
  else tensor.set_integer(index, cursor.integer());
}

void infer(const LabelEncoder& op, InferContext& context) {
  context.expect_inputs(1, 1);
  if (context.dtype(0) != op.key_type) fail("the input is {}, but the keys are {}", name_of(context.dtype(0)), name_of(op.key_type));
  if (op.keys.size() != op.values.size()) fail("there are {} keys, but {} values", op.keys.size(), op.values.size());
  context.output(0, op.value_type, context.shape(0));
}

void reference(const LabelEncoder& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  std::unordered_map<std::string_view, size_t> table;
  for (size_t i = 0; i < op.keys.size(); ++i) table.emplace(op.keys[i], i);
  Tensor out(op.value_type, input.dims());
  for (int64_t i = 0; i < input.size(); ++i) {
    const std::string key = text_of_element(input, i);
    const auto found = table.find(key);
    set_element(out, i, found == table.end() ? op.otherwise : op.values[found->second]);
  }
  context.set_output(0, std::move(out));
}

struct Column {
  DType dtype = DType::string;
  std::vector<std::string> texts;
};

Column column(const Tensor& tensor) {
  if (is_complex(tensor.dtype())) fail("a table of complex numbers");
  Column made{.dtype = tensor.dtype(), .texts = {}};
  for (int64_t i = 0; i < tensor.size(); ++i) made.texts.push_back(text_of_element(tensor, i));
  return made;
}

/// keys_strings, keys_int64s, keys_floats or keys_tensor.
std::optional<Column> column(const ImportContext& context, const std::string& side) {
  if (const auto strings = context.find_strings(side + "_strings"))
    return column(Tensor::of_strings({static_cast<int64_t>(strings->size())}, *strings));
  if (const auto integers = context.find_ints(side + "_int64s"))
    return column(Tensor::of<int64_t>({static_cast<int64_t>(integers->size())}, std::span<const int64_t>(*integers)));
  if (const auto tensor = context.find_tensor(side + "_tensor")) return column(*tensor);
  const auto floats = context.find_floats(side + "_floats");
  if (not floats) return {};
  Tensor tensor(DType::f32, {static_cast<int64_t>(floats->size())});
  for (size_t i = 0; i < floats->size(); ++i) tensor.set_number(static_cast<int64_t>(i), (*floats)[i]);
  return column(tensor);
}

std::string default_of(const ImportContext& context, DType dtype) {
  if (const auto tensor = context.find_tensor("default_tensor")) {
    if (tensor->size() != 1 or tensor->dtype() != dtype) fail("default_tensor must hold one element of type {}", name_of(dtype));
    return text_of_element(*tensor, 0);
  }
  if (dtype == DType::string) return context.string_or("default_string", "_Unused");
  if (is_floating(dtype)) return print_field(context.float_or("default_float", -0.0) == 0 ? 0.0 : context.float_or("default_float", 0));
  return print_field(context.int_or("default_int64", -1));
}

LabelEncoder import(const ImportContext& context) {
  const std::optional<Column> keys = column(context, "keys");
  const std::optional<Column> values = column(context, "values");
  if (not keys or not values) fail("a LabelEncoder needs keys and values");
  return {.key_type = keys->dtype,
          .value_type = values->dtype,
          .keys = keys->texts,
          .values = values->texts,
          .otherwise = default_of(context, values->dtype)};
}

/// Opset 1: classes and their numbers, in the direction that the input's type says.
void import_classes(ImportContext& context) {
  const auto classes = context.find_strings("classes_strings");
  if (not classes or not context.has_input(0)) fail("a LabelEncoder needs an input and the attribute `classes_strings`");
  std::vector<std::string> numbers;
  for (size_t i = 0; i < classes->size(); ++i) numbers.push_back(fmt::format("{}", i));
  const bool to_number = context.type(context.input(0)).dtype == DType::string;
  LabelEncoder op{.key_type = to_number ? DType::string : DType::i64,
                  .value_type = to_number ? DType::i64 : DType::string,
                  .keys = to_number ? *classes : numbers,
                  .values = to_number ? numbers : *classes,
                  .otherwise = {}};
  op.otherwise = default_of(context, op.value_type);
  context.set_output(0, context.add(std::move(op), {context.input(0)}));
}

}  // namespace

void register_label_encoder(Registry& registry) {
  registry.add<LabelEncoder>({.name = "LabelEncoder",
                              .infer = infer,
                              .reference = reference,
                              .onnx = {{.name = "LabelEncoder", .since = 1, .expand = import_classes, .domain = "ai.onnx.ml"},
                                       {.name = "LabelEncoder", .since = 2, .import = import, .domain = "ai.onnx.ml"}}});
}

}  // namespace burnish::ops
