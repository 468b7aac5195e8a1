// Graphs whose names and edges do not hold together, and inputs without an honest type.
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

proto::TypeProto::Tensor& type_of_x(Workshop& w) { return *w.graph().mutable_input(0)->mutable_type()->mutable_tensor_type(); }

}  // namespace

std::vector<HostileCase> hostile_graphs() {
  return {
      {"unknown_operator", "Frobnicate (domain ai.onnx, opset 17): node `relu`", [](Workshop& w) { w.relu().set_op_type("Frobnicate"); }},
      {"all_unknown_operators_at_once", "Twiddle (domain com.acme, opset 3)",
       [](Workshop& w) {
         w.relu().set_op_type("Frobnicate");
         proto::NodeProto& node = add_node(w.graph().add_node(), "Twiddle", {"x"}, {"z"});
         node.set_domain("com.acme");
         w.model.add_opset_import()->set_domain("com.acme");
         w.model.mutable_opset_import(1)->set_version(3);
       }},
      {"operator_without_a_type", " (domain ai.onnx, opset 17)", [](Workshop& w) { w.relu().clear_op_type(); }},
      {"cycle", "waits for its own result",
       [](Workshop& w) {
         w.relu().set_input(0, "b");
         add_node(w.graph().add_node(), "Relu", {"y"}, {"b"});
       }},
      {"reads_itself", "node `relu` (Relu) is on a cycle", [](Workshop& w) { w.relu().set_input(0, "y"); }},
      {"input_from_nowhere", "node `relu` (Relu) reads `ghost`", [](Workshop& w) { w.relu().set_input(0, "ghost"); }},
      {"output_from_nowhere", "nothing produces the output `ghost`", [](Workshop& w) { w.graph().mutable_output(0)->set_name("ghost"); }},
      {"output_without_a_name", "nothing produces the output ``", [](Workshop& w) { w.graph().mutable_output(0)->clear_name(); }},
      {"no_outputs", "the model has no outputs", [](Workshop& w) { w.graph().clear_output(); }},
      {"output_twice", "the output `y` is listed twice", [](Workshop& w) { *w.graph().add_output() = w.graph().output(0); }},
      {"two_producers", "both produce `y`", [](Workshop& w) { add_node(w.graph().add_node(), "Sigmoid", {"x"}, {"y"}); }},
      {"one_node_produces_twice", "both produce `y`", [](Workshop& w) { w.relu().add_output("y"); }},
      {"produces_an_input", "produces `x`, which is an input", [](Workshop& w) { w.relu().set_output(0, "x"); }},
      {"produces_an_initializer", "produces `y`, which is an input or initializer",
       [](Workshop& w) { fill(w.graph().add_initializer(), "y", {2, 3}, 1, std::string(24, '\0')); }},
      {"input_twice", "the name `x` is defined twice", [](Workshop& w) { *w.graph().add_input() = w.graph().input(0); }},
      {"initializer_twice", "the name `w` is defined twice",
       [](Workshop& w) {
         for (int i = 0; i < 2; ++i) fill(w.graph().add_initializer(), "w", {1}, 1, std::string(4, '\0'));
       }},
      {"input_without_a_name", "a graph input has no name", [](Workshop& w) { w.graph().mutable_input(0)->clear_name(); }},
      {"input_without_a_type", "the input `x` has no type", [](Workshop& w) { w.graph().mutable_input(0)->clear_type(); }},
      {"input_without_a_shape", "the input `x` has no shape in the model; give it one", [](Workshop& w) { type_of_x(w).clear_shape(); }},
      {"unknown_element_type", "4711 is no element type", [](Workshop& w) { type_of_x(w).set_elem_type(4711); }},
      {"undefined_element_type", "0 is no element type", [](Workshop& w) { type_of_x(w).set_elem_type(0); }},
      {"negative_input_size", "negative size -2", [](Workshop& w) { type_of_x(w).mutable_shape()->mutable_dim(0)->set_dim_value(-2); }},
      {"giant_input", "too many elements",
       [](Workshop& w) {
         for (int axis = 0; axis < 2; ++axis) type_of_x(w).mutable_shape()->mutable_dim(axis)->set_dim_value(int64_t{1} << 40);
       }},
      {"map_as_input", "it is a map; tensors, sequences of tensors and optionals of both are supported",
       [](Workshop& w) { w.graph().mutable_input(0)->mutable_type()->mutable_map_type(); }},
      {"wrong_output_type", "the output `y` is declared as i64, but computed as f32[2,3]",
       [](Workshop& w) { w.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(7); }},
      {"too_many_outputs", "2 outputs are too many", [](Workshop& w) { w.relu().add_output("z"); }},
      {"given_shape_does_not_fit", "the given shape 5x3 of `x` does not fit the model's [2,3]: axis 0 is fixed",
       [](Workshop& w) { w.config.input_shapes["x"] = {5, 3}; }},
      {"given_shape_of_other_rank", "another rank", [](Workshop& w) { w.config.input_shapes["x"] = {2, 3, 1}; }},
      {"given_shape_for_nothing", "the model has no such input: it has x", [](Workshop& w) { w.config.input_shapes["z"] = {2, 3}; }},
      {"given_size_for_nothing", "no such dimension: it has none", [](Workshop& w) { w.config.symbols["batch"] = 2; }},
      {"given_sizes_disagree", "the dimension `n` is 2 by the given shape of `z`, but 1 elsewhere",
       [](Workshop& w) {
         type_of_x(w).mutable_shape()->mutable_dim(0)->set_dim_param("n");
         *w.graph().add_input() = w.graph().input(0);
         w.graph().mutable_input(1)->set_name("z");
         w.config.input_shapes = {{"x", {1, 3}}, {"z", {2, 3}}};
       }},
  };
}

}  // namespace burnish::test
