// TreeEnsemble: see the header.
#include "ops/ml/tree_ensemble.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void expect_length(size_t length, size_t wanted, std::string_view name) {
  if (length != wanted) fail("{} has {} entries, but {} are needed", name, length, wanted);
}

void check_begins(const std::vector<int64_t>& begins, size_t end, std::string_view name) {
  if (begins.empty() or begins.front() != 0 or begins.back() != static_cast<int64_t>(end) or not std::ranges::is_sorted(begins))
    fail("{} do not divide {} entries", name, end);
}

}  // namespace

void check_trees(const TreeEnsemble& op) {
  const size_t nodes = op.features.size();
  expect_length(op.tests.size(), nodes, "the tests");
  expect_length(op.splits.size(), nodes, "the splits");
  expect_length(op.yes.size(), nodes, "the true children");
  expect_length(op.no.size(), nodes, "the false children");
  if (not op.missing_is_yes.empty()) expect_length(op.missing_is_yes.size(), nodes, "the directions of missing values");
  if (not op.member_begins.empty()) {
    expect_length(op.member_begins.size(), nodes + 1, "the sets");
    check_begins(op.member_begins, op.members.size(), "the sets");
  }
  check_begins(op.leaf_begins, op.leaf_weights.size(), "the leaves");
  expect_length(op.leaf_targets.size(), op.leaf_weights.size(), "the leaves' targets");
  const auto leaves = static_cast<int64_t>(op.leaf_begins.size()) - 1;
  for (const auto* list : {&op.roots, &op.yes, &op.no})
    for (const int64_t child : *list)
      if (child >= static_cast<int64_t>(nodes) or child < -leaves)
        fail("the child {} is neither one of {} nodes nor of {} leaves", child, nodes, leaves);
  if (op.targets < 1) fail("there are {} targets", op.targets);
  for (const int64_t target : op.leaf_targets)
    if (target < 0 or target >= op.targets) fail("a leaf has the target {}, but there are {}", target, op.targets);
  for (const int64_t feature : op.features)
    if (feature < 0) fail("a node has the feature {}", feature);
  if (not op.base.empty() and op.base.size() != 1) expect_length(op.base.size(), static_cast<size_t>(op.targets), "the base values");
}

namespace {

void infer(const TreeEnsemble& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 2);
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("the features are {}; they must be numbers", name_of(dtype));
  check_trees(op);
  const Shape& shape = context.shape(0);
  for (const int64_t feature : op.features)
    if (shape[1].constant().value_or(INT64_MAX) <= feature) fail("a node asks for feature {}, but rows have {}", feature, shape[1].text());
  const Shape output{shape[0], op.targets};
  check_extents(output);
  context.output(0, is_floating(dtype) ? dtype : DType::f32, output);
}

bool answer(const TreeEnsemble& op, size_t node, double value) {
  if (std::isnan(value)) return not op.missing_is_yes.empty() and op.missing_is_yes[node] != 0;
  const double split = op.splits[node];
  switch (op.tests[node]) {
    case TreeTest::less_equal: return value <= split;
    case TreeTest::less: return value < split;
    case TreeTest::greater_equal: return value >= split;
    case TreeTest::greater: return value > split;
    case TreeTest::equal: return value == split;
    case TreeTest::not_equal: return value != split;
    case TreeTest::member: break;
  }
  if (op.member_begins.empty()) return false;
  const auto begin = op.members.begin() + op.member_begins[node];
  return std::find(begin, op.members.begin() + op.member_begins[node + 1], value) != op.members.begin() + op.member_begins[node + 1];
}

size_t leaf_of(const TreeEnsemble& op, int64_t root, const double* row) {
  int64_t at = root;
  for (size_t steps = 0; at >= 0; ++steps) {
    if (steps > op.features.size()) fail("the nodes of a tree form a cycle");
    const auto node = static_cast<size_t>(at);
    at = answer(op, node, row[op.features[node]]) ? op.yes[node] : op.no[node];
  }
  return static_cast<size_t>(-1 - at);
}

void score(const TreeEnsemble& op, const double* row, std::span<double> scores) {
  const bool sums = op.aggregate == TreeAggregate::sum or op.aggregate == TreeAggregate::average;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::ranges::fill(scores, sums ? 0 : op.aggregate == TreeAggregate::least ? infinity : -infinity);
  for (const int64_t root : op.roots) {
    const size_t leaf = leaf_of(op, root, row);
    for (auto i = static_cast<size_t>(op.leaf_begins[leaf]); i < static_cast<size_t>(op.leaf_begins[leaf + 1]); ++i) {
      double& one = scores[static_cast<size_t>(op.leaf_targets[i])];
      const double weight = op.leaf_weights[i];
      one = sums ? one + weight : op.aggregate == TreeAggregate::least ? std::min(one, weight) : std::max(one, weight);
    }
  }
  for (size_t i = 0; i < scores.size(); ++i) {
    if (op.aggregate == TreeAggregate::average) scores[i] /= static_cast<double>(op.roots.size());
    if (std::isinf(scores[i]) and not sums) scores[i] = 0;  // no leaf has this target
    if (not op.base.empty()) scores[i] += op.base[op.base.size() == 1 ? 0 : i];
  }
  transform_scores(op.transform, scores);
}

void reference(const TreeEnsemble& op, EvalContext& context) {
  const Tensor& input = context.input(0);
  const int64_t width = input.dim(1);
  for (const int64_t feature : op.features)
    if (feature >= width) fail("a node asks for feature {}, but rows have {}", feature, width);
  const Numbers<double> x(input);
  Tensor& out = context.allocate(0, is_floating(input.dtype()) ? input.dtype() : DType::f32, {input.dim(0), op.targets});
  NumbersOut<double> y(out);
  parallel_for(input.dim(0), grain_for(static_cast<int64_t>(op.roots.size()) * 16), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      score(op, x.data() + row * width, {y.data() + row * op.targets, static_cast<size_t>(op.targets)});
  });
  y.store();
}

std::vector<double> tensor_numbers(const ImportContext& context, std::string_view name) {
  const auto tensor = context.find_tensor(name);
  if (not tensor) return {};
  const Numbers<double> numbers(*tensor);
  return {numbers.data(), numbers.data() + numbers.size()};
}

/// Each set ends in a NaN; sets stand in the order of a walk through the trees, true branch first.
class Sets {
 public:
  Sets(TreeEnsemble& op, std::vector<double> values) : op_(op), values_(std::move(values)), sets_(op.features.size()) {}

  void read() {
    for (const int64_t root : op_.roots) walk(root);
    for (const std::vector<double>& set : sets_) {
      op_.member_begins.push_back(static_cast<int64_t>(op_.members.size()));
      op_.members.insert(op_.members.end(), set.begin(), set.end());
    }
    op_.member_begins.push_back(static_cast<int64_t>(op_.members.size()));
  }

 private:
  void walk(int64_t root) {
    std::vector<int64_t> open{root};
    size_t visited = 0;
    while (not open.empty()) {
      const int64_t at = open.back();
      open.pop_back();
      if (at < 0) continue;
      if (++visited > sets_.size()) fail("the nodes of a tree form a cycle");
      const auto node = static_cast<size_t>(at);
      if (op_.tests[node] == TreeTest::member) take(sets_[node]);
      open.push_back(op_.no[node]);
      open.push_back(op_.yes[node]);
    }
  }
  void take(std::vector<double>& set) {
    set.clear();
    while (next_ < values_.size() and not std::isnan(values_[next_])) set.push_back(values_[next_++]);
    if (next_ == values_.size()) fail("membership_values ends before every set has its members");
    ++next_;
  }

  TreeEnsemble& op_;
  std::vector<double> values_;
  std::vector<std::vector<double>> sets_;
  size_t next_ = 0;
};

std::vector<int64_t> children(const ImportContext& context, std::string_view side) {
  std::vector<int64_t> ids = context.require_ints(fmt::format("nodes_{}nodeids", side));
  const std::vector<int64_t> leaves = context.require_ints(fmt::format("nodes_{}leafs", side));
  expect_length(leaves.size(), ids.size(), fmt::format("nodes_{}leafs", side));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0) fail("a child has the number {}", ids[i]);
    if (leaves[i] != 0) ids[i] = -1 - ids[i];
  }
  return ids;
}

TreeEnsemble import(const ImportContext& context) {
  TreeEnsemble op;
  op.targets = context.int_or("n_targets", 1);
  const int64_t aggregate = context.int_or("aggregate_function", 1);
  const int64_t transform = context.int_or("post_transform", 0);
  if (aggregate < 0 or aggregate > 3) fail("aggregate_function is {}; it must be from 0 to 3", aggregate);
  if (transform < 0 or transform > 4) fail("post_transform is {}; it must be from 0 to 4", transform);
  op.aggregate = static_cast<TreeAggregate>(aggregate);
  op.transform = static_cast<ScoreTransform>(transform);
  op.features = context.require_ints("nodes_featureids");
  for (const double mode : tensor_numbers(context, "nodes_modes")) {
    if (not(mode >= 0 and mode <= 6)) fail("nodes_modes holds {}; modes are from 0 to 6", mode);
    op.tests.push_back(static_cast<TreeTest>(mode));
  }
  op.splits = tensor_numbers(context, "nodes_splits");
  op.yes = children(context, "true");
  op.no = children(context, "false");
  op.missing_is_yes = context.ints_or("nodes_missing_value_tracks_true", {});
  op.leaf_targets = context.require_ints("leaf_targetids");
  op.leaf_weights = tensor_numbers(context, "leaf_weights");
  for (size_t i = 0; i <= op.leaf_weights.size(); ++i) op.leaf_begins.push_back(static_cast<int64_t>(i));
  for (const int64_t root : context.require_ints("tree_roots")) {
    // A tree that is one leaf is written as a node whose children are both that leaf.
    if (root < 0) fail("a tree's root has the number {}", root);
    op.roots.push_back(root);
  }
  check_trees(op);
  // A value of a set that is no split is compared with nothing else.
  if (const std::vector<double> values = tensor_numbers(context, "membership_values"); not values.empty()) Sets(op, values).read();
  for (double& split : op.splits)
    if (std::isnan(split)) split = 0;
  return op;
}

}  // namespace

void register_tree_ensemble(Registry& registry) {
  registry.add<TreeEnsemble>({.name = "TreeEnsemble",
                              .infer = infer,
                              .reference = reference,
                              .onnx = {{.name = "TreeEnsemble", .since = 5, .import = import, .domain = "ai.onnx.ml"}}});
}

}  // namespace burnish::ops
