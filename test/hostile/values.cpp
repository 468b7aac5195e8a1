// Sequences, optionals, strings and the other operators whose values never enter a plan, with types and attributes that they cannot take.
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

/// One operator over inputs of given element types, all [4]; `domain` at its newest opset.
proto::NodeProto& node_over(Workshop& w, const std::string& op, const std::vector<int>& types, const std::string& domain = "") {
  proto::GraphProto& graph = w.empty_graph();
  w.model.clear_opset_import();
  for (const auto& [name, version] : {std::pair<const char*, int>{"", 27}, {"ai.onnx.ml", 5}, {"com.microsoft", 1}}) {
    auto* opset = w.model.add_opset_import();
    opset->set_domain(name);
    opset->set_version(version);
  }
  w.model.set_ir_version(13);
  std::vector<std::string> names;
  for (size_t i = 0; i < types.size(); ++i) {
    names.push_back("x" + std::to_string(i));
    declare(graph.add_input(), names.back(), {4}, types[i]);
  }
  graph.add_output()->set_name("y");
  proto::NodeProto& node = add_node(graph.add_node(), op, names, {"y"});
  node.set_domain(domain);
  return node;
}

constexpr int f32 = 1;
constexpr int i64 = 7;
constexpr int text = 8;

/// Another shape for an input, which becomes f32.
void reshape_input(Workshop& w, int index, const std::vector<int64_t>& dims) {
  proto::ValueInfoProto& input = *w.graph().mutable_input(index);
  input.Clear();
  declare(&input, "x" + std::to_string(index), dims);
}

void add_text(proto::NodeProto& node, const std::string& name, const std::string& value) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::STRING);
  attribute.set_s(value);
}

void add_texts(proto::NodeProto& node, const std::string& name, const std::vector<std::string>& values) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::STRINGS);
  for (const std::string& value : values) attribute.add_strings(value);
}

proto::NodeProto& tf_idf(Workshop& w, const std::vector<int64_t>& counts, const std::vector<int64_t>& indexes) {
  proto::NodeProto& node = node_over(w, "TfIdfVectorizer", {i64});
  add_text(node, "mode", "TF");
  for (const char* name : {"min_gram_length", "max_gram_length"}) add_int(node, name, 1);
  add_int(node, "max_skip_count", 0);
  add_ints(node, "ngram_counts", counts);
  add_ints(node, "ngram_indexes", indexes);
  add_ints(node, "pool_int64s", {1, 2, 3});
  return node;
}

void add_numbers(proto::NodeProto& node, const std::string& name, int type, size_t count, size_t width) {
  proto::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(proto::AttributeProto::TENSOR);
  fill(attribute.mutable_t(), name, {static_cast<int64_t>(count)}, type, std::string(count * width, '\0'));
}

/// A tree of one node over [4,1] features, with the given children and targets.
proto::NodeProto& tree(Workshop& w, int64_t yes, int64_t no, int64_t target, int64_t feature = 0) {
  proto::NodeProto& node = node_over(w, "TreeEnsemble", {f32}, "ai.onnx.ml");
  reshape_input(w, 0, {4, 1});
  add_int(node, "n_targets", 2);
  add_ints(node, "tree_roots", {0});
  add_ints(node, "nodes_featureids", {feature});
  add_ints(node, "nodes_truenodeids", {yes});
  add_ints(node, "nodes_trueleafs", {1});
  add_ints(node, "nodes_falsenodeids", {no});
  add_ints(node, "nodes_falseleafs", {1});
  add_ints(node, "leaf_targetids", {0, target});
  add_numbers(node, "nodes_modes", 2, 1, 1);
  add_numbers(node, "nodes_splits", f32, 1, 4);
  add_numbers(node, "leaf_weights", f32, 2, 4);
  return node;
}

}  // namespace

std::vector<HostileCase> hostile_values() {
  return {
      {"a_sequence_of_sequences", "it is a sequence of a sequence",
       [](Workshop& w) {
         node_over(w, "SequenceLength", {f32});
         w.graph().mutable_input(0)->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_sequence_type();
       }},
      {"a_tensor_as_a_sequence", "input 0 must be a sequence, but is f32[4]", [](Workshop& w) { node_over(w, "SequenceLength", {f32}); }},
      {"a_sequence_as_a_tensor", "input 0 is sequence<f32[*]>, but the operator takes tensors",
       [](Workshop& w) {
         node_over(w, "Relu", {f32});
         w.graph().mutable_input(0)->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_tensor_type()->set_elem_type(1);
       }},
      {"a_sequence_of_two_types", "no type in common", [](Workshop& w) { node_over(w, "SequenceConstruct", {f32, i64}); }},
      {"an_empty_sequence_of_nothing", "99 is no element type",
       [](Workshop& w) { add_int(node_over(w, "SequenceEmpty", {}), "dtype", 99); }},
      {"an_optional_of_nothing", "needs the attribute `type`", [](Workshop& w) { node_over(w, "Optional", {}); }},
      {"split_to_sequence_outside", "axis 3 is out of range",
       [](Workshop& w) { add_int(node_over(w, "SplitToSequence", {f32}), "axis", 3); }},
      {"sequence_map_without_a_body", "the attribute `body` is missing", [](Workshop& w) { node_over(w, "SequenceMap", {f32}); }},
      {"strings_from_numbers", "input 0 must hold strings", [](Workshop& w) { node_over(w, "StringConcat", {f32, f32}); }},
      {"a_pattern_that_is_open", "a group is not closed",
       [](Workshop& w) { add_text(node_over(w, "RegexFullMatch", {text}), "pattern", "(a"); }},
      {"a_pattern_that_explodes", "the pattern is too large",
       [](Workshop& w) { add_text(node_over(w, "RegexFullMatch", {text}), "pattern", "(((a{1000}){1000}){1000}){1000}"); }},
      {"a_pattern_nested_deeply", "nested too deeply",
       [](Workshop& w) { add_text(node_over(w, "RegexFullMatch", {text}), "pattern", std::string(50'000, '(')); }},
      {"n_grams_outside_of_the_pool", "do not lie in a pool of 3", [](Workshop& w) { tf_idf(w, {0, 9}, {0}); }},
      {"n_grams_without_a_place", "more n-grams than ngram_indexes", [](Workshop& w) { tf_idf(w, {0}, {0}); }},
      {"n_grams_in_a_giant", "too many elements", [](Workshop& w) { tf_idf(w, {0}, {0, 1, INT64_MAX - 1}); }},
      {"n_grams_at_a_negative_place", "ngram_indexes holds -1", [](Workshop& w) { tf_idf(w, {0}, {0, 1, -1}); }},
      {"a_tree_that_ends_nowhere", "neither one of 1 nodes nor of 2 leaves", [](Workshop& w) { tree(w, 0, 7, 1); }},
      {"a_tree_with_a_negative_child", "a child has the number -5", [](Workshop& w) { tree(w, 0, -5, 1); }},
      {"a_tree_with_a_target_outside", "a leaf has the target 5", [](Workshop& w) { tree(w, 0, 1, 5); }},
      {"a_tree_with_a_feature_outside", "a node asks for feature 3, but rows have 1", [](Workshop& w) { tree(w, 0, 1, 1, 3); }},
      {"labels_without_values", "a LabelEncoder needs keys and values",
       [](Workshop& w) { add_texts(node_over(w, "LabelEncoder", {text}, "ai.onnx.ml"), "keys_strings", {"a"}); }},
      {"labels_of_two_lengths", "there are 2 keys, but 1 values",
       [](Workshop& w) {
         proto::NodeProto& node = node_over(w, "LabelEncoder", {text}, "ai.onnx.ml");
         add_texts(node, "keys_strings", {"a", "b"});
         add_texts(node, "values_strings", {"c"});
       }},
      {"random_numbers_without_end", "too many elements",
       [](Workshop& w) { add_ints(node_over(w, "RandomUniform", {}), "shape", {int64_t{1} << 40, int64_t{1} << 40}); }},
      {"random_numbers_of_negative_size", "negative", [](Workshop& w) { add_ints(node_over(w, "RandomNormal", {}), "shape", {-1}); }},
      {"samples_of_negative_number", "sample_size is -3",
       [](Workshop& w) {
         add_int(node_over(w, "Multinomial", {f32}), "sample_size", -3);
         reshape_input(w, 0, {4, 2});
       }},
      {"linear_attention_without_heads", "0 heads of queries",
       [](Workshop& w) {
         proto::NodeProto& node = node_over(w, "LinearAttention", {f32, f32, f32});
         add_int(node, "q_num_heads", 0);
         add_int(node, "kv_num_heads", 0);
         add_text(node, "update_rule", "linear");
         for (int i = 0; i < 3; ++i) reshape_input(w, i, {1, 2, 4});
       }},
      {"a_deformed_kernel_without_room", "channels, but 18 are needed",
       [](Workshop& w) {
         node_over(w, "DeformConv", {f32, f32, f32});
         reshape_input(w, 0, {1, 1, 5, 5});
         reshape_input(w, 1, {1, 1, 3, 3});
         reshape_input(w, 2, {1, 8, 3, 3});
       }},
      {"narrow_weights_without_end", "block",
       [](Workshop& w) {
         proto::NodeProto& node = node_over(w, "MatMulNBits", {f32, 2, f32}, "com.microsoft");
         add_int(node, "N", int64_t{1} << 31);
         add_int(node, "K", int64_t{1} << 31);
         add_int(node, "block_size", INT64_MAX);
       }},
      {"a_picture_of_floats", "it must be bytes", [](Workshop& w) { node_over(w, "ImageDecoder", {f32}); }},
  };
}

}  // namespace burnish::test
