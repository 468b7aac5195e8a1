// StringSplit: each string cut at a delimiter, or, without one, at runs of blanks. ONNX StringSplit, opset 20.
// Outputs: the pieces, with a new last axis that is as long as the most pieces (shorter rows end in empty strings), and how many pieces
// each string has (i64).
#include <algorithm>

#include "base/error.h"
#include "ops/operator.h"
#include "ops/strings.h"

namespace burnish::ops {

struct StringSplit {
  std::string delimiter;   // empty: blanks
  int64_t most_cuts = -1;  // negative: any number
  static constexpr auto fields = std::tuple{field("delimiter", &StringSplit::delimiter), field("most_cuts", &StringSplit::most_cuts)};
};

namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

void infer(const StringSplit&, InferContext& context) {
  context.expect_inputs(1, 1);
  expect_strings(context, 0);
  Shape pieces = context.shape(0);
  pieces.push_back(context.unknown_dim());
  context.output(0, DType::string, pieces);
  if (context.output_count() > 1) context.output(1, DType::i64, context.shape(0));
}

std::vector<std::string> pieces_at(std::string_view text, const StringSplit& op) {
  std::vector<std::string> pieces;
  while (op.most_cuts < 0 or pieces.size() < static_cast<size_t>(op.most_cuts)) {
    const size_t end = text.find(op.delimiter);
    if (end == std::string_view::npos) break;
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end + op.delimiter.size());
  }
  pieces.emplace_back(text);
  return pieces;
}

/// Blanks around pieces never count; after the last cut those at the end belong to the piece.
std::vector<std::string> pieces_at_blanks(std::string_view text, const StringSplit& op) {
  std::vector<std::string> pieces;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) return pieces;
    const bool last = op.most_cuts >= 0 and pieces.size() >= static_cast<size_t>(op.most_cuts);
    const size_t end = last ? text.size() : std::min(text.find_first_of(blanks), text.size());
    pieces.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

void reference(const StringSplit& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  std::vector<std::vector<std::string>> rows;
  size_t longest = 0;
  for (const std::string& text : input.strings()) {
    rows.push_back(op.delimiter.empty() ? pieces_at_blanks(text, op) : pieces_at(text, op));
    longest = std::max(longest, rows.back().size());
  }
  Dims dims = input.dims();
  dims.push_back(static_cast<int64_t>(longest));
  std::vector<std::string> all(static_cast<size_t>(element_count(dims)));
  std::vector<int64_t> counts;
  for (size_t row = 0; row < rows.size(); ++row) {
    counts.push_back(static_cast<int64_t>(rows[row].size()));
    std::ranges::move(rows[row], all.begin() + static_cast<std::ptrdiff_t>(row * longest));
  }
  context.set_output(0, Tensor::of_strings(dims, std::move(all)));
  if (context.output_count() > 1) context.set_output(1, Tensor::of<int64_t>(input.dims(), std::span<const int64_t>(counts)));
}

StringSplit import(const ImportContext& context) {
  return {.delimiter = context.string_or("delimiter", ""), .most_cuts = context.int_or("maxsplit", -1)};
}

}  // namespace

void register_string_split(Registry& registry) {
  registry.add<StringSplit>({.name = "StringSplit",
                             .infer = infer,
                             .reference = reference,
                             .onnx = {{.name = "StringSplit", .since = 20, .import = import}},
                             .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
