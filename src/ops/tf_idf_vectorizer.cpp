// TfIdfVectorizer: how often the n-grams of a pool occur in each row, weighted. ONNX TfIdfVectorizer, opset 9.
// Input: tokens (strings, i32 or i64), [C] or [N,C]. Output: f32 with the last axis replaced by one place for each index of the pool.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "ops/inference.h"
#include "ops/operator.h"

namespace burnish::ops {

enum class TermWeight : uint8_t { tf, idf, tfidf };
template <>
struct EnumNames<TermWeight> {
  static constexpr std::array<std::string_view, 3> names{"tf", "idf", "tfidf"};
};

struct TfIdfVectorizer {
  TermWeight mode = TermWeight::tf;
  int64_t least = 1;  // tokens in an n-gram
  int64_t most = 1;
  int64_t most_skipped = 0;
  std::vector<int64_t> counts;    // where the n-grams of each length begin in the pool
  std::vector<int64_t> indexes;   // the place of each n-gram in the output
  std::vector<std::string> pool;  // tokens; integers in decimal
  std::vector<double> weights;    // one for each n-gram; empty: all 1
  static constexpr auto fields =
      std::tuple{field("mode", &TfIdfVectorizer::mode),     field("least", &TfIdfVectorizer::least),
                 field("most", &TfIdfVectorizer::most),     field("most_skipped", &TfIdfVectorizer::most_skipped),
                 field("counts", &TfIdfVectorizer::counts), field("indexes", &TfIdfVectorizer::indexes),
                 field("pool", &TfIdfVectorizer::pool),     field("weights", &TfIdfVectorizer::weights)};
};

namespace {

using Gram = std::vector<std::string>;

/// The number of each n-gram of a wanted length. Error where pool, counts and indexes do not fit together.
std::map<Gram, size_t> grams_of(const TfIdfVectorizer& op) {
  std::map<Gram, size_t> grams;
  size_t number = 0;
  for (size_t i = 0; i < op.counts.size(); ++i) {
    const auto size = static_cast<int64_t>(op.pool.size());
    const int64_t begin = op.counts[i];
    const int64_t end = i + 1 < op.counts.size() ? op.counts[i + 1] : size;
    if (begin < 0 or end < begin or end > size) fail("ngram_counts {} and {} do not lie in a pool of {}", begin, end, size);
    const auto length = static_cast<int64_t>(i) + 1;
    if ((end - begin) % length != 0) fail("the pool has {} tokens for n-grams of {}", end - begin, length);
    for (int64_t at = begin; at < end; at += length, ++number) {
      if (number >= op.indexes.size()) fail("the pool has more n-grams than ngram_indexes has entries ({})", op.indexes.size());
      const auto first = op.pool.begin() + at;
      if (length >= op.least and length <= op.most) grams[Gram(first, first + length)] = number;
    }
  }
  return grams;
}

int64_t output_size(const TfIdfVectorizer& op) {
  if (op.indexes.empty()) fail("ngram_indexes is empty");
  const auto [least, most] = std::ranges::minmax(op.indexes);
  if (least < 0 or most == INT64_MAX) fail("ngram_indexes holds {}", least < 0 ? least : most);
  return most + 1;
}

void infer(const TfIdfVectorizer& op, InferContext& context) {
  context.expect_inputs(1, 1);
  const DType dtype = context.dtype(0);
  if (dtype != DType::string and dtype != DType::i32 and dtype != DType::i64)
    fail("tokens are strings, i32 or i64, not {}", name_of(dtype));
  Shape shape = context.shape(0);
  if (shape.rank() < 1 or shape.rank() > 2) fail("the tokens have shape {}; it must be [C] or [N,C]", shape.text());
  if (op.least < 1 or op.most < op.least or op.most_skipped < 0)
    fail("n-grams of {} to {} tokens with at most {} skipped", op.least, op.most, op.most_skipped);
  if (not op.weights.empty() and op.weights.size() != op.indexes.size())
    fail("there are {} weights for {} n-grams", op.weights.size(), op.indexes.size());
  grams_of(op);
  shape[shape.rank() - 1] = output_size(op);
  check_extents(shape);
  context.output(0, DType::f32, shape);
}

/// Calls found(number) for each occurrence of an n-gram. Single tokens count once, whatever may be skipped.
template <class Found>
void count_grams(const TfIdfVectorizer& op, const std::map<Gram, size_t>& grams, std::span<const std::string> row, const Found& found) {
  const auto size = static_cast<int64_t>(row.size());
  for (int64_t step = 1; step - 1 <= op.most_skipped and step <= std::max<int64_t>(size, 1); ++step)
    for (int64_t length = std::max<int64_t>(op.least, step == 1 ? 1 : 2); length <= std::min(op.most, size); ++length)
      for (int64_t start = 0; start + step * (length - 1) < size; ++start) {
        Gram gram;
        for (int64_t i = 0; i < length; ++i) gram.push_back(row[static_cast<size_t>(start + i * step)]);
        if (const auto known = grams.find(gram); known != grams.end()) found(known->second);
      }
}

void reference(const TfIdfVectorizer& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const std::map<Gram, size_t> grams = grams_of(op);
  std::vector<std::string> tokens;
  for (int64_t i = 0; i < input.size(); ++i)
    tokens.push_back(input.dtype() == DType::string ? input.strings()[static_cast<size_t>(i)] : fmt::format("{}", input.integer(i)));
  Dims dims = input.dims();
  const auto row = static_cast<size_t>(dims.back());
  dims.back() = output_size(op);
  Tensor out(DType::f32, dims);
  const std::span<float> values = out.mutable_values<float>();
  for (size_t r = 0; r * row < tokens.size(); ++r)
    count_grams(op, grams, std::span(tokens).subspan(r * row, row), [&](size_t number) {
      float& value = values[r * static_cast<size_t>(dims.back()) + static_cast<size_t>(op.indexes[number])];
      const float weight = op.mode == TermWeight::tf or op.weights.empty() ? 1.F : static_cast<float>(op.weights[number]);
      value = op.mode == TermWeight::idf ? weight : value + weight;
    });
  context.set_output(0, std::move(out));
}

TfIdfVectorizer import(const ImportContext& context) {
  const std::string mode = context.require_string("mode");
  if (mode != "TF" and mode != "IDF" and mode != "TFIDF") fail("mode is `{}`; it must be TF, IDF or TFIDF", mode);
  TfIdfVectorizer op{.mode = mode == "TF"    ? TermWeight::tf
                             : mode == "IDF" ? TermWeight::idf
                                             : TermWeight::tfidf,
                     .least = context.require_int("min_gram_length"),
                     .most = context.require_int("max_gram_length"),
                     .most_skipped = context.require_int("max_skip_count"),
                     .counts = context.require_ints("ngram_counts"),
                     .indexes = context.require_ints("ngram_indexes"),
                     .pool = context.find_strings("pool_strings").value_or(std::vector<std::string>()),
                     .weights = context.find_floats("weights").value_or(std::vector<double>())};
  for (const int64_t token : context.ints_or("pool_int64s", {})) op.pool.push_back(fmt::format("{}", token));
  return op;
}

}  // namespace

void register_tf_idf_vectorizer(Registry& registry) {
  registry.add<TfIdfVectorizer>({.name = "TfIdfVectorizer",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "TfIdfVectorizer", .since = 9, .import = import}}});
}

}  // namespace burnish::ops
