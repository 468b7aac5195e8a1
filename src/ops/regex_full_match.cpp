// RegexFullMatch: whether each string as a whole matches a pattern in RE2's syntax. ONNX RegexFullMatch, opset 20.
#include "base/error.h"
#include "ops/operator.h"
#include "ops/regex.h"
#include "ops/strings.h"

namespace burnish::ops {

struct RegexFullMatch {
  std::string pattern;
  static constexpr auto fields = std::tuple{field("pattern", &RegexFullMatch::pattern)};
};

namespace {

Regex regex_of(const RegexFullMatch& op) {
  return in_context([&] { return fmt::format("the pattern `{}`", op.pattern.substr(0, 200)); }, [&] { return Regex(op.pattern); });
}

void infer(const RegexFullMatch& op, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_strings(context, 0);
  regex_of(op);
  context.output(0, DType::boolean, context.shape(0));
}

void reference(const RegexFullMatch& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const Regex regex = regex_of(op);
  Tensor& out = context.allocate(0, DType::boolean, input.dims());
  for (int64_t i = 0; i < input.size(); ++i) out.set_integer(i, regex.matches_all_of(input.strings()[static_cast<size_t>(i)]) ? 1 : 0);
}

RegexFullMatch import(const ImportContext& context) { return {.pattern = context.string_or("pattern", "")}; }

}  // namespace

void register_regex_full_match(Registry& registry) {
  registry.add<RegexFullMatch>({.name = "RegexFullMatch",
                                .infer = infer,
                                .reference = reference,
                                .onnx = {{.name = "RegexFullMatch", .since = 20, .import = import}}});
}

}  // namespace burnish::ops
