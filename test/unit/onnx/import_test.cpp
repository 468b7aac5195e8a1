// Names, symbols, order, functions and bodies: what an honest model becomes.
#include "onnx/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hostile/workshop.h"
#include "ir/evaluate.h"
#include "ir/verify.h"

namespace burnish::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Tensor floats(Dims dims, std::vector<float> values) { return Tensor::of<float>(std::move(dims), std::span<const float>(values)); }

void make_dynamic(proto::ValueInfoProto& input, int axis, const std::string& symbol) {
  auto* dim = input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(axis);
  dim->clear_value();
  if (not symbol.empty()) dim->set_dim_param(symbol);
}

const Node& only_node(const Graph& graph) { return graph.node(graph.order().front()); }

TEST(Import, NamesAndProvenance) {
  Workshop workshop;
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(graph.name, "small");
  EXPECT_EQ(graph.value(graph.inputs()[0]).name, "x");
  EXPECT_EQ(graph.output_name(0), "y");
  EXPECT_EQ(only_node(graph).name, "relu");
  EXPECT_THAT(only_node(graph).provenance, ElementsAre("relu"));
  EXPECT_NO_THROW(verify(graph));
}

TEST(Import, UnnamedNodesAreNamedByOperatorAndPlace) {
  Workshop workshop;
  workshop.relu().clear_name();
  EXPECT_EQ(only_node(workshop.import().graph).name, "Relu_0");
}

TEST(Import, WhatTheFileSaysAboutItself) {
  Workshop workshop;
  workshop.model.set_producer_name("maker");
  workshop.model.set_producer_version("2.1");
  auto* entry = workshop.model.add_metadata_props();
  entry->set_key("classes");
  entry->set_value("cat,dog");
  const onnx::ImportedModel model = workshop.import();
  EXPECT_EQ(model.producer, "maker 2.1");
  EXPECT_EQ(model.ir_version, 8);
  EXPECT_EQ(model.opset, 17);
  EXPECT_THAT(model.metadata, ElementsAre(std::pair<std::string, std::string>("classes", "cat,dog")));
}

TEST(Import, DynamicDimensionsAreSymbols) {
  Workshop workshop;
  make_dynamic(*workshop.graph().mutable_input(0), 0, "batch");
  make_dynamic(*workshop.graph().mutable_input(0), 1, "");
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(graph.type(graph.outputs()[0]).text(), "f32[batch,x_1]");
  EXPECT_TRUE(graph.symbols.contains("batch"));
  EXPECT_TRUE(graph.symbols.contains("x_1"));
}

TEST(Import, ASizeOfMinusOneIsOpenToo) {
  Workshop workshop;
  workshop.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(1)->set_dim_value(-1);
  const Graph graph = workshop.import().graph;
  EXPECT_TRUE(graph.symbols.contains("x_1"));
  EXPECT_FALSE(graph.type(graph.outputs()[0]).shape.is_static());
}

TEST(Import, AQuestionMarkIsNoName) {
  Workshop workshop;
  for (const int axis : {0, 1}) make_dynamic(*workshop.graph().mutable_input(0), axis, "?");
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(graph.type(graph.outputs()[0]).text(), "f32[x_0,x_1]");
}

TEST(Import, GivenShapesAndSymbolsBindEverywhere) {
  Workshop workshop;
  make_dynamic(*workshop.graph().mutable_input(0), 0, "batch");
  make_dynamic(*workshop.graph().mutable_input(0), 1, "");
  workshop.config.input_shapes["x"] = {-1, 5};
  workshop.config.symbols["batch"] = 4;
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(graph.type(graph.outputs()[0]).text(), "f32[4,5]");
  EXPECT_TRUE(graph.symbols.empty());
}

TEST(Import, AnInputWithoutAShapeTakesTheGivenOne) {
  Workshop workshop;
  workshop.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  workshop.config.input_shapes["x"] = {7};
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(graph.type(graph.outputs()[0]).text(), "f32[7]");
}

TEST(Import, AnInitializerThatIsAnInputTooIsAConstant) {
  Workshop workshop;
  declare(workshop.graph().add_input(), "w", {2, 3});
  fill(workshop.graph().add_initializer(), "w", {2, 3}, 1, std::string(24, '\0'));
  EXPECT_EQ(workshop.import().graph.inputs().size(), 1U);
}

TEST(Import, NodesInAnyOrder) {
  Workshop workshop;
  workshop.relu().set_input(0, "later");
  add_node(workshop.graph().add_node(), "Neg", {"x"}, {"later"});
  const Graph graph = workshop.import().graph;
  EXPECT_THAT(evaluate(graph, std::vector{floats({2, 3}, {-1, 2, -3, 4, -5, 6})})[0].values<float>(), ElementsAre(1, 0, 3, 0, 5, 0));
}

TEST(Import, OutputsThatAreTheSameValueKeepTheirNames) {
  Workshop workshop;
  add_node(workshop.graph().add_node(), "Identity", {"y"}, {"z"});
  add_node(workshop.graph().add_node(), "Identity", {"x"}, {"u"});
  for (const char* name : {"z", "u"}) declare(workshop.graph().add_output(), name, {2, 3});
  const Graph graph = workshop.import().graph;
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.outputs().size(); ++i) names.push_back(graph.output_name(i));
  EXPECT_THAT(names, ElementsAre("y", "z", "u"));
  const std::vector<Tensor> outputs = evaluate(graph, std::vector{floats({2, 3}, {-1, 2, -3, 4, -5, 6})});
  EXPECT_TRUE(outputs[0].identical(outputs[1]));
  EXPECT_THAT(outputs[2].values<float>(), ElementsAre(-1, 2, -3, 4, -5, 6));
}

TEST(Import, AWrongDeclaredShapeIsAWarning) {
  Workshop workshop;
  std::string heard;
  workshop.config.log = [&](Severity, std::string_view message) { heard += message; };
  declare(workshop.graph().mutable_output(0), "y", {9});
  workshop.import();
  EXPECT_THAT(heard, HasSubstr("the declared shape of the output `y`"));
}

TEST(Import, FunctionsAreInlinedWithTheirAttributes) {
  Workshop workshop;
  proto::FunctionProto& function = workshop.function("Leak");
  function.add_attribute("slope");
  proto::AttributeProto& reference = *add_node(function.add_node(), "LeakyRelu", {"a"}, {"b"}).add_attribute();
  reference.set_name("alpha");
  reference.set_ref_attr_name("slope");
  reference.set_type(proto::AttributeProto::FLOAT);
  workshop.relu().set_domain("my");
  workshop.relu().set_op_type("Leak");
  proto::AttributeProto& slope = *workshop.relu().add_attribute();
  slope.set_name("slope");
  slope.set_type(proto::AttributeProto::FLOAT);
  slope.set_f(0.5F);
  const Graph graph = workshop.import().graph;
  EXPECT_EQ(only_node(graph).name, "relu/LeakyRelu_0");
  EXPECT_THAT(evaluate(graph, std::vector{floats({2, 3}, {-2, 2, -4, 4, -6, 6})})[0].values<float>(), ElementsAre(-1, 2, -2, 4, -3, 6));
}

TEST(Import, FunctionAttributesHaveDefaults) {
  Workshop workshop;
  proto::FunctionProto& function = workshop.function("Leak");
  proto::AttributeProto& fallback = *function.add_attribute_proto();
  fallback.set_name("slope");
  fallback.set_type(proto::AttributeProto::FLOAT);
  fallback.set_f(0.25F);
  proto::AttributeProto& reference = *add_node(function.add_node(), "LeakyRelu", {"a"}, {"b"}).add_attribute();
  reference.set_name("alpha");
  reference.set_ref_attr_name("slope");
  workshop.relu().set_domain("my");
  workshop.relu().set_op_type("Leak");
  const Graph graph = workshop.import().graph;
  EXPECT_THAT(evaluate(graph, std::vector{floats({2, 3}, {-4, 2, -8, 4, -12, 6})})[0].values<float>(), ElementsAre(-1, 2, -2, 4, -3, 6));
}

/// y = c ? Relu(later) : Neg(later), where `later` comes after the If in the file.
void make_if(Workshop& workshop) {
  proto::GraphProto& graph = workshop.graph();
  declare(graph.add_input(), "c", {}, 9);
  graph.clear_node();
  proto::NodeProto& node = add_node(graph.add_node(), "If", {"c"}, {"y"});
  proto::GraphProto& yes = add_body(node, "then_branch");
  add_node(yes.add_node(), "Relu", {"later"}, {"r"});
  declare(yes.add_output(), "r", {2, 3});
  proto::GraphProto& no = add_body(node, "else_branch");
  add_node(no.add_node(), "Neg", {"later"}, {"r"});
  declare(no.add_output(), "r", {2, 3});
  add_node(graph.add_node(), "Neg", {"x"}, {"later"});
}

TEST(Import, BodiesCaptureWhatLaterNodesProduce) {
  Workshop workshop;
  make_if(workshop);
  const Graph graph = workshop.import().graph;
  const Tensor x = floats({2, 3}, {-1, 2, -3, 4, -5, 6});
  EXPECT_THAT(evaluate(graph, std::vector{x, Tensor::of<bool>({}, {true})})[0].values<float>(), ElementsAre(1, 0, 3, 0, 5, 0));
  EXPECT_THAT(evaluate(graph, std::vector{x, Tensor::of<bool>({}, {false})})[0].values<float>(), ElementsAre(-1, 2, -3, 4, -5, 6));
}

TEST(Import, CapturedConstantsAreShared) {
  Workshop workshop;
  make_if(workshop);
  workshop.graph().mutable_node()->RemoveLast();
  fill(workshop.graph().add_initializer(), "later", {2, 3}, 1, std::string(24, '\0'));
  const Graph graph = workshop.import().graph;
  EXPECT_TRUE(only_node(graph).regions.at(0).inputs().empty());
}

/// y = x doubled n times by Concat along axis 0; the body declares neither types nor shapes.
TEST(Import, LoopBodiesWithoutTypes) {
  Workshop workshop;
  proto::GraphProto& graph = workshop.empty_graph();
  declare(graph.add_input(), "n", {}, 7);
  declare(graph.add_input(), "x", {1, 3});
  graph.add_output()->set_name("y");
  proto::NodeProto& node = add_node(graph.add_node(), "Loop", {"n", "", "x"}, {"y"});
  proto::GraphProto& body = add_body(node, "body");
  for (const char* name : {"i", "go", "v"}) body.add_input()->set_name(name);
  add_node(body.add_node(), "Identity", {"go"}, {"go_on"});
  add_int(add_node(body.add_node(), "Concat", {"v", "v"}, {"twice"}), "axis", 0);
  for (const char* name : {"go_on", "twice"}) body.add_output()->set_name(name);
  const Graph imported = workshop.import().graph;
  const std::vector<Tensor> outputs = evaluate(imported, std::vector{Tensor::of<int64_t>({}, {2}), floats({1, 3}, {1, 2, 3})});
  EXPECT_THAT(outputs[0].dims(), ElementsAre(4, 3));
}

TEST(Import, AllMissingOperatorsStandInOneMessage) {
  Workshop workshop;
  for (const char* op : {"Frobnicate", "Twiddle", "Twiddle"}) add_node(workshop.graph().add_node(), op, {"x"}, {}).set_name(op);
  try {
    workshop.import();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), StatusCode::unsupported);
    EXPECT_THAT(error.what(), HasSubstr("2 operators"));
    EXPECT_THAT(error.what(), HasSubstr("Frobnicate (domain ai.onnx, opset 17): node `Frobnicate`"));
    EXPECT_THAT(error.what(), HasSubstr("Twiddle (domain ai.onnx, opset 17): nodes `Twiddle`, `Twiddle`"));
  }
}

}  // namespace
}  // namespace burnish::test
