// TreeEnsemble: decision trees over the features of each row, their leaves' weights gathered for each target.
// ai.onnx.ml TreeEnsemble, opset 5. Input [N,F], output [N,targets]. A child that is negative is leaf -1 - child; leaf i has the entries
// [leaf_begins[i], leaf_begins[i + 1]) of targets and weights.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

enum class TreeAggregate : uint8_t { average, sum, least, most };
template <>
struct EnumNames<TreeAggregate> {
  static constexpr std::array<std::string_view, 4> names{"average", "sum", "least", "most"};
};

/// How a node compares its feature with its split; `member` asks whether it is one of the node's members.
enum class TreeTest : uint8_t { less_equal, less, greater_equal, greater, equal, not_equal, member };
template <>
struct EnumNames<TreeTest> {
  static constexpr std::array<std::string_view, 7> names{"less_equal", "less", "greater_equal", "greater", "equal", "not_equal", "member"};
};

/// What becomes of the scores at the end.
enum class ScoreTransform : uint8_t { none, softmax, logistic, softmax_zero, probit };
template <>
struct EnumNames<ScoreTransform> {
  static constexpr std::array<std::string_view, 5> names{"none", "softmax", "logistic", "softmax_zero", "probit"};
};

struct TreeEnsemble {
  int64_t targets = 1;
  TreeAggregate aggregate = TreeAggregate::sum;
  ScoreTransform transform = ScoreTransform::none;
  std::vector<int64_t> roots;
  std::vector<int64_t> features;  // of each node; so are the next six
  std::vector<TreeTest> tests;
  std::vector<double> splits;
  std::vector<int64_t> yes;
  std::vector<int64_t> no;
  std::vector<int64_t> missing_is_yes;  // where NaN goes; empty: to no
  std::vector<int64_t> member_begins;   // empty without sets; one more than there are nodes
  std::vector<double> members;
  std::vector<int64_t> leaf_begins;  // one more than there are leaves
  std::vector<int64_t> leaf_targets;
  std::vector<double> leaf_weights;
  std::vector<double> base;  // added to each target; empty: 0
  static constexpr auto fields = std::tuple{field("targets", &TreeEnsemble::targets),
                                            field("aggregate", &TreeEnsemble::aggregate),
                                            field("transform", &TreeEnsemble::transform),
                                            field("roots", &TreeEnsemble::roots),
                                            field("features", &TreeEnsemble::features),
                                            field("tests", &TreeEnsemble::tests),
                                            field("splits", &TreeEnsemble::splits),
                                            field("yes", &TreeEnsemble::yes),
                                            field("no", &TreeEnsemble::no),
                                            field("missing_is_yes", &TreeEnsemble::missing_is_yes),
                                            field("member_begins", &TreeEnsemble::member_begins),
                                            field("members", &TreeEnsemble::members),
                                            field("leaf_begins", &TreeEnsemble::leaf_begins),
                                            field("leaf_targets", &TreeEnsemble::leaf_targets),
                                            field("leaf_weights", &TreeEnsemble::leaf_weights),
                                            field("base", &TreeEnsemble::base)};
};

/// Error where lists differ in length or point outside of each other.
void check_trees(const TreeEnsemble& op);

/// ONNX's name: NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT; Error on any other.
ScoreTransform score_transform(std::string_view name);
void transform_scores(ScoreTransform transform, std::span<double> row);

}  // namespace burnish::ops
