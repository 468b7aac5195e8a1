// Local functions and bodies of control flow that recurse, explode, or refer to nothing.
#include "hostile/workshop.h"

#include <fmt/format.h>

namespace burnish::test {
namespace {

/// The network calls my::F in place of Relu.
void call_function(Workshop& w) {
  w.relu().set_domain("my");
  w.relu().set_op_type("F");
}

proto::NodeProto& add_call(proto::FunctionProto& function, const std::string& name, const std::string& from, const std::string& to) {
  proto::NodeProto& node = add_node(function.add_node(), name, {from}, {to});
  node.set_domain("my");
  return node;
}

/// An If whose branches both produce `z` from the network's x.
proto::NodeProto& add_if(Workshop& w) {
  declare(w.graph().add_input(), "c", {}, 9);
  proto::NodeProto& node = add_node(w.graph().add_node(), "If", {"c"}, {"w"});
  for (const char* branch : {"then_branch", "else_branch"}) {
    proto::GraphProto& body = add_body(node, branch);
    add_node(body.add_node(), "Relu", {"x"}, {"z"});
    declare(body.add_output(), "z", {2, 3});
  }
  return node;
}

}  // namespace

std::vector<HostileCase> hostile_functions_and_bodies() {
  return {
      {"function_calls_itself", "the function my::F calls itself",
       [](Workshop& w) {
         call_function(w);
         add_call(w.function("F"), "F", "a", "b");
       }},
      {"functions_call_each_other", "calls itself, directly or through others",
       [](Workshop& w) {
         call_function(w);
         add_call(w.function("F"), "G", "a", "b");
         add_call(w.function("G"), "F", "a", "b");
       }},
      {"function_recurses_in_a_body", "the function my::F calls itself",
       [](Workshop& w) {
         call_function(w);
         proto::NodeProto& node = add_node(w.function("F").add_node(), "If", {"a"}, {"b"});
         proto::NodeProto& inner = add_node(add_body(node, "then_branch").add_node(), "F", {"a"}, {"z"});
         inner.set_domain("my");
       }},
      {"functions_nest_too_deeply", "nest more than 64 levels deep",
       [](Workshop& w) {
         call_function(w);
         w.relu().set_op_type("F0");
         for (int i = 0; i < 200; ++i) add_call(w.function(fmt::format("F{}", i)), fmt::format("F{}", i + 1), "a", "b");
         add_node(w.function("F200").add_node(), "Relu", {"a"}, {"b"});
       }},
      {"functions_explode", "grows beyond 1000000 nodes",
       [](Workshop& w) {
         call_function(w);
         w.relu().set_op_type("F0");
         for (int i = 0; i < 30; ++i) {
           proto::FunctionProto& function = w.function(fmt::format("F{}", i));
           add_call(function, fmt::format("F{}", i + 1), "a", "m");
           add_call(function, fmt::format("F{}", i + 1), "m", "b");
         }
         add_node(w.function("F30").add_node(), "Relu", {"a"}, {"b"});
       }},
      {"function_twice", "the model defines this function twice",
       [](Workshop& w) {
         w.function("F");
         w.function("F");
       }},
      {"function_with_an_unknown_operator", "Frobnicate (domain ai.onnx, opset 17)",
       [](Workshop& w) {
         call_function(w);
         add_node(w.function("F").add_node(), "Frobnicate", {"a"}, {"b"});
       }},
      {"function_without_its_output", "nothing in the function produces its output `b`",
       [](Workshop& w) {
         call_function(w);
         add_node(w.function("F").add_node(), "Relu", {"a"}, {"c"});
       }},
      {"function_reads_its_caller", "reads `x`, which no node, input or initializer provides",
       [](Workshop& w) {
         call_function(w);
         add_node(w.function("F").add_node(), "Relu", {"x"}, {"b"});
       }},
      {"too_many_inputs_for_a_function", "the function takes 1 inputs, not 2",
       [](Workshop& w) {
         call_function(w);
         w.relu().add_input("x");
         add_node(w.function("F").add_node(), "Relu", {"a"}, {"b"});
       }},
      {"attribute_reference_outside_of_a_function", "refers to the attribute `alpha` of a function, but stands in none",
       [](Workshop& w) {
         w.relu().set_op_type("LeakyRelu");
         proto::AttributeProto& attribute = *w.relu().add_attribute();
         attribute.set_name("alpha");
         attribute.set_ref_attr_name("alpha");
       }},
      {"attribute_reference_of_another_type", "refers to `alpha`, which is INT where FLOAT is expected",
       [](Workshop& w) {
         call_function(w);
         add_int(w.relu(), "alpha", 1);
         proto::FunctionProto& function = w.function("F");
         function.add_attribute("alpha");
         proto::AttributeProto& attribute = *add_node(function.add_node(), "LeakyRelu", {"a"}, {"b"}).add_attribute();
         attribute.set_name("alpha");
         attribute.set_ref_attr_name("alpha");
         attribute.set_type(proto::AttributeProto::FLOAT);
       }},
      {"body_captures_nothing", "reads `ghost`, which no node, input or initializer provides",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->mutable_node(0)->set_input(0, "ghost"); }},
      {"body_output_from_nowhere", "reads `ghost`, which no node, input or initializer provides",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->mutable_output(0)->set_name("ghost"); }},
      {"body_captures_its_own_result", "is on a cycle",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->mutable_node(0)->set_input(0, "w"); }},
      {"body_with_a_cycle", "waits for its own result",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->mutable_node(0)->set_input(0, "z"); }},
      {"body_missing", "the attribute `else_branch` is missing", [](Workshop& w) { add_if(w).mutable_attribute()->RemoveLast(); }},
      {"body_is_no_graph", "the attribute `then_branch` is INT, but must be GRAPH",
       [](Workshop& w) {
         proto::AttributeProto& attribute = *add_if(w).mutable_attribute(0);
         attribute.clear_g();
         attribute.set_type(proto::AttributeProto::INT);
       }},
      {"body_with_an_unknown_operator", "Frobnicate (domain ai.onnx, opset 17)",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->mutable_node(0)->set_op_type("Frobnicate"); }},
      {"body_input_without_a_type", "the body's input `i` has no type",
       [](Workshop& w) { add_if(w).mutable_attribute(0)->mutable_g()->add_input()->set_name("i"); }},
      {"bodies_nest_too_deeply", "nest",
       [](Workshop& w) {
         declare(w.graph().add_input(), "c", {}, 9);
         proto::GraphProto* graph = &w.graph();
         for (int i = 0; i < 66; ++i) graph = &add_body(add_node(graph->add_node(), "If", {"c"}, {fmt::format("z{}", i)}), "then_branch");
       }},
  };
}

}  // namespace burnish::test
