// Operators with attributes and inputs that they cannot take.
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

/// One operator over an input x of the given size and, where there are dims for it, an initializer w of zeros.
proto::NodeProto& single(Workshop& w, const std::string& op, const std::vector<int64_t>& x, const std::vector<int64_t>& weight = {}) {
  proto::GraphProto& graph = w.empty_graph();
  declare(graph.add_input(), "x", x);
  graph.add_output()->set_name("y");
  proto::NodeProto& node = add_node(graph.add_node(), op, {"x"}, {"y"});
  node.set_name("the_node");
  if (weight.empty()) return node;
  size_t bytes = 4;
  for (const int64_t dim : weight) bytes *= static_cast<size_t>(dim);
  fill(graph.add_initializer(), "w", weight, 1, std::string(bytes, '\0'));
  node.add_input("w");
  return node;
}

}  // namespace

std::vector<HostileCase> hostile_operators() {
  return {
      {"attribute_of_the_wrong_type", "the attribute `axis` is FLOAT, but must be INT",
       [](Workshop& w) {
         proto::AttributeProto& attribute = *single(w, "Softmax", {2, 3}).add_attribute();
         attribute.set_name("axis");
         attribute.set_type(proto::AttributeProto::FLOAT);
       }},
      {"attribute_twice", "the attribute `axis` is given twice",
       [](Workshop& w) {
         proto::NodeProto& node = single(w, "Softmax", {2, 3});
         add_int(node, "axis", 0);
         add_int(node, "axis", 1);
       }},
      {"axis_outside", "importing node `the_node` (Softmax, opset 17)",
       [](Workshop& w) { add_int(single(w, "Softmax", {2, 3}), "axis", 7); }},
      {"no_inputs", "importing node `the_node` (Relu, opset 17)", [](Workshop& w) { single(w, "Relu", {2, 3}).clear_input(); }},
      {"conv_of_rank_2", "importing node `the_node` (Conv, opset 17)", [](Workshop& w) { single(w, "Conv", {2, 3}, {4, 3, 1, 1}); }},
      {"conv_with_zero_strides", "stride", [](Workshop& w) { add_ints(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "strides", {0, 1}); }},
      {"conv_with_negative_strides", "stride",
       [](Workshop& w) { add_ints(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "strides", {-1, -1}); }},
      {"conv_with_zero_dilations", "dilation",
       [](Workshop& w) { add_ints(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "dilations", {0, 0}); }},
      {"conv_with_too_few_strides", "stride", [](Workshop& w) { add_ints(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "strides", {1}); }},
      {"conv_with_groups_that_do_not_divide", "group",
       [](Workshop& w) { add_int(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "group", 2); }},
      {"conv_with_zero_groups", "group", [](Workshop& w) { add_int(single(w, "Conv", {1, 3, 8, 8}, {4, 3, 3, 3}), "group", 0); }},
      {"pool_with_zero_strides", "stride",
       [](Workshop& w) {
         proto::NodeProto& node = single(w, "MaxPool", {1, 3, 8, 8});
         add_ints(node, "kernel_shape", {2, 2});
         add_ints(node, "strides", {0, 0});
       }},
      {"pool_without_a_kernel", "kernel_shape", [](Workshop& w) { single(w, "MaxPool", {1, 3, 8, 8}); }},
      {"pool_with_a_negative_kernel", "importing node `the_node` (MaxPool, opset 17)",
       [](Workshop& w) { add_ints(single(w, "MaxPool", {1, 3, 8, 8}), "kernel_shape", {-2, -2}); }},
      {"matmul_that_does_not_fit", "importing node `the_node` (MatMul, opset 17)",
       [](Workshop& w) { single(w, "MatMul", {2, 3}, {4, 5}); }},
      {"add_that_does_not_broadcast", "importing node `the_node` (Add, opset 17)", [](Workshop& w) { single(w, "Add", {2, 3}, {2, 4}); }},
      {"concat_along_no_axis", "importing node `the_node` (Concat, opset 17)",
       [](Workshop& w) { add_int(single(w, "Concat", {2, 3}, {2, 3}), "axis", 2); }},
      {"transpose_with_a_wrong_permutation", "importing node `the_node` (Transpose, opset 17)",
       [](Workshop& w) { add_ints(single(w, "Transpose", {2, 3}), "perm", {0, 0}); }},
      {"reshape_to_a_giant", "importing node `the_node` (Reshape, opset 17)",
       [](Workshop& w) {
         single(w, "Reshape", {2, 3}).add_input("s");
         fill(w.graph().add_initializer(), "s", {2}, 7, std::string("\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40", 16));
       }},
      {"reshape_by_floats", "importing node `the_node` (Reshape, opset 17)", [](Workshop& w) { single(w, "Reshape", {2, 3}, {2}); }},
      {"gather_by_floats", "importing node `the_node` (Gather, opset 17)", [](Workshop& w) { single(w, "Gather", {2, 3}, {2}); }},
      {"cast_to_nothing", "99 is no element type", [](Workshop& w) { add_int(single(w, "Cast", {2, 3}), "to", 99); }},
  };
}

}  // namespace burnish::test
