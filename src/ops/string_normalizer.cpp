// StringNormalizer: strings without stop words, in upper or lower case. ONNX StringNormalizer, opset 10.
// Input: strings [C] or [1,C]; output: those that are left, or one empty string where none is. The locale has no influence: letters change
// their case as Unicode's simple mapping says.
#include <algorithm>

#include "base/error.h"
#include "ops/operator.h"
#include "ops/strings.h"

namespace burnish::ops {

enum class CaseChange : uint8_t { none, lower, upper };
template <>
struct EnumNames<CaseChange> {
  static constexpr std::array<std::string_view, 3> names{"none", "lower", "upper"};
};

struct StringNormalizer {
  CaseChange change = CaseChange::none;
  bool case_sensitive = false;
  std::vector<std::string> stop_words;
  static constexpr auto fields =
      std::tuple{field("change", &StringNormalizer::change), field("case_sensitive", &StringNormalizer::case_sensitive),
                 field("stop_words", &StringNormalizer::stop_words)};
};

namespace {

void infer(const StringNormalizer&, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_strings(context, 0);
  Shape shape = context.shape(0);
  const bool row = shape.rank() == 2 and shape[0].constant().value_or(1) == 1;
  if (shape.rank() != 1 and not row) fail("the strings have shape {}; it must be [C] or [1,C]", shape.text());
  shape[shape.rank() - 1] = context.unknown_dim();
  if (row) shape[0] = 1;
  context.output(0, DType::string, shape);
}

void reference(const StringNormalizer& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  if (input.rank() == 2 and input.dim(0) != 1) fail("the strings have shape {}; it must be [C] or [1,C]", text_of(input.dims()));
  const auto compared = [&](const std::string& text) { return op.case_sensitive ? text : changed_case(text, false); };
  std::vector<std::string> stops;
  for (const std::string& word : op.stop_words) stops.push_back(compared(word));
  std::vector<std::string> kept;
  for (const std::string& text : input.strings()) {
    if (std::ranges::find(stops, compared(text)) != stops.end()) continue;
    kept.push_back(op.change == CaseChange::none ? text : changed_case(text, op.change == CaseChange::upper));
  }
  if (kept.empty()) kept.emplace_back();
  Dims dims = input.dims();
  dims.back() = static_cast<int64_t>(kept.size());
  context.set_output(0, Tensor::of_strings(dims, std::move(kept)));
}

StringNormalizer import(const ImportContext& context) {
  const std::string action = context.string_or("case_change_action", "NONE");
  if (action != "NONE" and action != "LOWER" and action != "UPPER")
    fail("case_change_action is `{}`; it must be NONE, LOWER or UPPER", action);
  return {.change = action == "NONE"    ? CaseChange::none
                    : action == "LOWER" ? CaseChange::lower
                                        : CaseChange::upper,
          .case_sensitive = context.flag_or("is_case_sensitive", false),
          .stop_words = context.find_strings("stopwords").value_or(std::vector<std::string>())};
}

}  // namespace

void register_string_normalizer(Registry& registry) {
  registry.add<StringNormalizer>({.name = "StringNormalizer",
                                  .infer = infer,
                                  .reference = reference,
                                  .onnx = {{.name = "StringNormalizer", .since = 10, .import = import}},
                                  .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
