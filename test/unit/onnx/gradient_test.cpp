// Gradient: derivatives against differences of the network's own results.
#include <gtest/gtest.h>

#include "hostile/workshop.h"
#include "ir/evaluate.h"

namespace burnish::test {
namespace {

constexpr int f64 = 11;

/// s = tanh(a * b) / exp(a) - sigmoid(b) * a, with b repeated along the rows of a; and the derivatives of the sum of s by a and b.
void make_network(Workshop& workshop) {
  proto::GraphProto& graph = workshop.empty_graph();
  auto* training = workshop.model.add_opset_import();
  training->set_domain("ai.onnx.preview.training");
  training->set_version(1);
  declare(graph.add_input(), "a", {2, 3}, f64);
  declare(graph.add_input(), "b", {3}, f64);
  add_node(graph.add_node(), "Mul", {"a", "b"}, {"m"});
  add_node(graph.add_node(), "Tanh", {"m"}, {"t"});
  add_node(graph.add_node(), "Exp", {"a"}, {"e"});
  add_node(graph.add_node(), "Div", {"t", "e"}, {"q"});
  add_node(graph.add_node(), "Sigmoid", {"b"}, {"g"});
  add_node(graph.add_node(), "Mul", {"g", "a"}, {"h"});
  add_node(graph.add_node(), "Sub", {"q", "h"}, {"s"});
  proto::NodeProto& gradient = add_node(graph.add_node(), "Gradient", {"a", "b"}, {"da", "db"});
  gradient.set_domain("ai.onnx.preview.training");
  proto::AttributeProto& xs = *gradient.add_attribute();
  xs.set_name("xs");
  xs.set_type(proto::AttributeProto::STRINGS);
  xs.add_strings("a");
  xs.add_strings("b");
  proto::AttributeProto& y = *gradient.add_attribute();
  y.set_name("y");
  y.set_type(proto::AttributeProto::STRING);
  y.set_s("s");
  for (const char* name : {"s", "da", "db"}) graph.add_output()->set_name(name);
}

double sum_of(const Tensor& tensor) {
  double sum = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) sum += tensor.number(i);
  return sum;
}

TEST(Gradient, IsTheSlopeOfTheSum) {
  Workshop workshop;
  make_network(workshop);
  const Graph graph = workshop.import().graph;
  std::vector<Tensor> inputs{Tensor::of<double>({2, 3}, {0.3, -0.7, 1.1, 0.2, 0.9, -1.3}), Tensor::of<double>({3}, {0.8, -0.4, 0.6})};
  const std::vector<Tensor> results = evaluate(graph, inputs);
  ASSERT_EQ(results[1].dims(), inputs[0].dims());
  ASSERT_EQ(results[2].dims(), inputs[1].dims());
  constexpr double step = 1e-6;
  for (size_t input = 0; input < 2; ++input)
    for (int64_t i = 0; i < inputs[input].size(); ++i) {
      double sides[2];
      for (const int side : {0, 1}) {
        std::vector<Tensor> moved = inputs;
        moved[input] = inputs[input].clone();
        moved[input].set_number(i, inputs[input].number(i) + (side == 0 ? -step : step));
        sides[side] = sum_of(evaluate(graph, moved)[0]);
      }
      EXPECT_NEAR(results[1 + input].number(i), (sides[1] - sides[0]) / (2 * step), 1e-8);
    }
}

}  // namespace
}  // namespace burnish::test
