// Ifs whose branches differ in rank: what follows goes into the branches until the ranks meet, and what one branch refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hostile/workshop.h"
#include "ir/evaluate.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace burnish::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor floats(Dims dims, std::vector<float> values) { return Tensor::of<float>(std::move(dims), std::span<const float>(values)); }
Tensor flag(bool value) { return Tensor::of<bool>({}, {value}); }
const Tensor x23 = floats({2, 3}, {-1, 2, -3, 4, -5, 6});

void add_vector(proto::GraphProto& graph, const std::string& name, const std::vector<int64_t>& values) {
  fill(graph.add_initializer(), name, {static_cast<int64_t>(values.size())}, 7,
       std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t)));
}

/// A model that is empty but for x[N, 3] and a condition.
proto::GraphProto& start(Workshop& workshop) {
  proto::GraphProto& graph = workshop.empty_graph();
  declare(graph.add_input(), "c", {}, 9);
  declare(graph.add_input(), "x", {2, 3});
  graph.mutable_input(1)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param("N");
  add_vector(graph, "first", {0});
  return graph;
}

/// `to` = `condition` ? `from` as it is : `from` with one axis more before it.
void add_branching(proto::GraphProto& graph, const std::string& condition, const std::string& to, const std::string& from = "x") {
  proto::NodeProto& node = add_node(graph.add_node(), "If", {condition}, {to});
  proto::GraphProto& yes = add_body(node, "then_branch");
  add_node(yes.add_node(), "Identity", {from}, {to + "_yes"});
  yes.add_output()->set_name(to + "_yes");
  proto::GraphProto& no = add_body(node, "else_branch");
  add_node(no.add_node(), "Unsqueeze", {from, "first"}, {to + "_no"});
  no.add_output()->set_name(to + "_no");
}

/// The graph, printed and read again: what stands in it must hold in every form.
Graph read_again(Workshop& workshop) {
  const Graph graph = workshop.import().graph;
  std::map<Hash128, std::shared_ptr<const Tensor>> constants;
  const std::string text = print(graph, {.inline_elements = 16, .provenance = true, .store = [&](const Hash128& hash, const auto& tensor) {
                                           constants[hash] = tensor;
                                         }});
  Graph again = parse_graph(text, [&](const Hash128& hash) { return constants.at(hash); });
  verify(again);
  return again;
}

TEST(Branches, WhatFollowsIsTypedOnceTheRanksMeet) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  add_branching(graph, "c", "either");
  add_node(graph.add_node(), "Neg", {"either"}, {"negated"});
  add_vector(graph, "flat", {-1});
  add_node(graph.add_node(), "Reshape", {"negated", "flat"}, {"row"});
  add_node(graph.add_node(), "Relu", {"row"}, {"y"});
  graph.add_output()->set_name("y");
  const Graph imported = read_again(workshop);
  EXPECT_EQ(imported.type(imported.outputs()[0]).shape.rank(), 1U);
  for (const bool which : {true, false})
    EXPECT_THAT(evaluate(imported, std::vector{flag(which), x23})[0].values<float>(), ElementsAre(1, 0, 3, 0, 5, 0));
}

TEST(Branches, ResultsMayKeepTheirRanks) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  add_branching(graph, "c", "either");
  add_node(graph.add_node(), "Relu", {"either"}, {"y"});
  for (const char* name : {"either", "y"}) graph.add_output()->set_name(name);
  const Graph imported = read_again(workshop);
  EXPECT_THAT(evaluate(imported, std::vector{flag(true), x23})[1].dims(), ElementsAre(2, 3));
  const std::vector<Tensor> other = evaluate(imported, std::vector{flag(false), x23});
  EXPECT_THAT(other[0].dims(), ElementsAre(1, 2, 3));
  EXPECT_THAT(other[1].values<float>(), ElementsAre(0, 2, 0, 4, 0, 6));
}

TEST(Branches, OneNodeReadsTwoOfThem) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  declare(graph.add_input(), "d", {}, 9);
  add_branching(graph, "c", "left");
  add_branching(graph, "d", "right");
  add_node(graph.add_node(), "Add", {"left", "right"}, {"sum"});
  add_node(graph.add_node(), "Shape", {"sum"}, {"sizes"});
  add_node(graph.add_node(), "Size", {"sizes"}, {"y"});
  graph.add_output()->set_name("y");
  const Graph imported = read_again(workshop);
  for (const bool left : {true, false})
    for (const bool right : {true, false})
      EXPECT_EQ(evaluate(imported, std::vector{flag(left), x23, flag(right)})[0].integer(0), left and right ? 2 : 3);
}

TEST(Branches, ABranchThatWhatFollowsRefusesNeverTellsTypes) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  add_branching(graph, "c", "either");
  fill(graph.add_initializer(), "w", {3, 1}, 1, std::string(12, '\0'));
  add_node(graph.add_node(), "Gemm", {"either", "w"}, {"y"});
  graph.add_output()->set_name("y");
  const Graph imported = read_again(workshop);
  EXPECT_EQ(imported.type(imported.outputs()[0]).shape, (Shape{Dim::symbol("N"), 1}));
  EXPECT_THAT(evaluate(imported, std::vector{flag(true), x23})[0].values<float>(), ElementsAre(0, 0));
  try {
    evaluate(imported, std::vector{flag(false), x23});
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr("this branch cannot run")); }
}

TEST(Branches, WhatBothBranchesRefuseIsRefused) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  add_branching(graph, "c", "either");
  fill(graph.add_initializer(), "w", {4, 1}, 1, std::string(16, '\0'));
  add_node(graph.add_node(), "Gemm", {"either", "w"}, {"y"}).set_name("product");
  graph.add_output()->set_name("y");
  try {
    workshop.import();
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr("product")); }
}

TEST(Branches, ABodyHandsUnknownRanksOut) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  declare(graph.add_input(), "d", {}, 9);
  proto::NodeProto& node = add_node(graph.add_node(), "If", {"d"}, {"outer"});
  proto::GraphProto& yes = add_body(node, "then_branch");
  add_branching(yes, "c", "inner");
  yes.add_output()->set_name("inner");
  proto::GraphProto& no = add_body(node, "else_branch");
  add_node(no.add_node(), "Neg", {"x"}, {"negated"});
  no.add_output()->set_name("negated");
  add_vector(graph, "flat", {-1});
  add_node(graph.add_node(), "Reshape", {"outer", "flat"}, {"y"});
  graph.add_output()->set_name("y");
  const Graph imported = read_again(workshop);
  EXPECT_EQ(imported.type(imported.outputs()[0]).shape.rank(), 1U);
  for (const bool inner : {true, false}) {
    EXPECT_THAT(evaluate(imported, std::vector{flag(inner), x23, flag(true)})[0].values<float>(), ElementsAre(-1, 2, -3, 4, -5, 6));
    EXPECT_THAT(evaluate(imported, std::vector{flag(inner), x23, flag(false)})[0].values<float>(), ElementsAre(1, -2, 3, -4, 5, -6));
  }
}

TEST(Branches, ABranchThatIsNotTakenNeedNotFit) {
  Workshop workshop;
  proto::GraphProto& graph = workshop.empty_graph();
  declare(graph.add_input(), "x", {2, 3});
  fill(graph.add_initializer(), "c", {}, 9, std::string(1, '\0'));
  add_vector(graph, "first", {0});
  proto::NodeProto& node = add_node(graph.add_node(), "If", {"c"}, {"y"});
  proto::GraphProto& yes = add_body(node, "then_branch");
  add_node(yes.add_node(), "Squeeze", {"x", "first"}, {"squeezed"});
  yes.add_output()->set_name("squeezed");
  proto::GraphProto& no = add_body(node, "else_branch");
  add_node(no.add_node(), "Neg", {"x"}, {"negated"});
  no.add_output()->set_name("negated");
  graph.add_output()->set_name("y");
  const Graph imported = read_again(workshop);
  EXPECT_THAT(evaluate(imported, std::vector{x23})[0].values<float>(), ElementsAre(1, -2, 3, -4, 5, -6));
}

TEST(Branches, WhatFollowsSeveralDoesNotGrowWithoutEnd) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  std::string last = "either";
  add_branching(graph, "c", last);
  for (int i = 0; i < 7; ++i) {
    const std::string condition = "c" + std::to_string(i), next = "either" + std::to_string(i);
    declare(graph.add_input(), condition, {}, 9);
    add_branching(graph, condition, next, last);
    last = next;
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string next = "r" + std::to_string(i);
    add_node(graph.add_node(), "Relu", {last}, {next});
    last = next;
  }
  add_node(graph.add_node(), "Identity", {last}, {"y"});
  graph.add_output()->set_name("y");
  try {
    workshop.import();
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what(); }
}

TEST(Branches, TooManyInOneAnotherAreRefused) {
  Workshop workshop;
  proto::GraphProto& graph = start(workshop);
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) {
    const std::string condition = "c" + std::to_string(i);
    declare(graph.add_input(), condition, {}, 9);
    names.push_back("either" + std::to_string(i));
    add_branching(graph, condition, names.back());
  }
  proto::NodeProto& sum = *graph.add_node();
  sum.set_op_type("Sum");
  for (const std::string& name : names) sum.add_input(name);
  sum.add_output("y");
  graph.add_output()->set_name("y");
  try {
    workshop.import();
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_EQ(error.code(), StatusCode::resource_exhausted); }
}

}  // namespace
}  // namespace burnish::test
