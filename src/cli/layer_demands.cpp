#include "cli/layer_demands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "cli/usage_error.h"
#include "cli/values.h"

namespace burnish::cli {
namespace {

DType parse_type(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, DType>, 10> known{{{"fp32", DType::f32},
                                                                             {"f32", DType::f32},
                                                                             {"fp16", DType::f16},
                                                                             {"f16", DType::f16},
                                                                             {"bf16", DType::bf16},
                                                                             {"int64", DType::i64},
                                                                             {"int32", DType::i32},
                                                                             {"int8", DType::i8},
                                                                             {"uint8", DType::u8},
                                                                             {"bool", DType::boolean}}};
  const auto found = std::ranges::find(known, word, &std::pair<std::string_view, DType>::first);
  if (found == known.end()) fail_usage("`{}` is no type of a layer; there are fp32, fp16, bf16, int64, int32, int8, uint8, bool", word);
  return found->second;
}

}  // namespace

std::vector<LayerTypes> parse_layer_types(std::string_view text, bool several) {
  std::vector<LayerTypes> entries;
  for (const auto& [layer, words] : parse_files(text)) {
    if (std::ranges::count(layer, '*') > 1) fail_usage("`{}` has more than one *", layer);
    LayerTypes& entry = entries.emplace_back(LayerTypes{layer, {}});
    for (const std::string_view word : split(words.native(), '+')) entry.types.push_back(parse_type(word));
    if (entry.types.size() > 1 and not several) fail_usage("a layer computes in one type; `{}` is given {}", layer, words.native());
  }
  return entries;
}

PrecisionConstraints parse_constraints(std::string_view text) {
  if (text == "none") return PrecisionConstraints::none;
  if (text == "prefer") return PrecisionConstraints::prefer;
  if (text == "obey") return PrecisionConstraints::obey;
  fail_usage("`{}` is none of none, prefer, obey", text);
}

}  // namespace burnish::cli
