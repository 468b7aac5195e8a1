// Initializers and tensor attributes whose sizes, types and bytes contradict each other.
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

HostileCase tensor_case(const std::string& name, const std::string& message, std::function<void(proto::TensorProto&)> make) {
  return {name, message,
          [make = std::move(make)](Workshop& w) { make(fill(w.graph().add_initializer(), "w", {2, 3}, 1, std::string(24, '\0'))); }};
}

HostileCase sparse_case(const std::string& name, const std::string& message, std::function<void(proto::SparseTensorProto&)> make) {
  return {name, message, [make = std::move(make)](Workshop& w) {
            proto::SparseTensorProto& sparse = *w.graph().add_sparse_initializer();
            fill(sparse.mutable_values(), "w", {1}, 1, std::string(4, '\0'));
            fill(sparse.mutable_indices(), "", {1}, 7, std::string(8, '\0'));
            sparse.add_dims(4);
            make(sparse);
          }};
}

}  // namespace

std::vector<HostileCase> hostile_tensors() {
  return {
      tensor_case("too_few_bytes", "raw_data holds 23 bytes, but f32 elements of shape 2x3 need 24",
                  [](auto& t) { t.mutable_raw_data()->resize(23); }),
      tensor_case("too_many_bytes", "raw_data holds 25 bytes", [](auto& t) { t.mutable_raw_data()->resize(25); }),
      tensor_case("no_data", "float_data holds 0 values, but the dimensions 2x3 need 6", [](auto& t) { t.clear_raw_data(); }),
      tensor_case("data_in_the_wrong_field", "float_data holds 0 values",
                  [](auto& t) {
                    t.clear_raw_data();
                    for (int i = 0; i < 6; ++i) t.add_int32_data(i);
                  }),
      tensor_case("negative_size", "negative size -3", [](auto& t) { t.set_dims(1, -3); }),
      tensor_case("product_overflows", "too many elements",
                  [](auto& t) {
                    t.set_dims(0, int64_t{1} << 62);
                    t.set_dims(1, 4);
                  }),
      tensor_case("giant", "need 144115188075855872",
                  [](auto& t) {
                    t.set_dims(0, int64_t{1} << 53);
                    t.set_dims(1, 4);
                  }),
      tensor_case("unknown_type", "99 is no element type", [](auto& t) { t.set_data_type(99); }),
      tensor_case("no_type", "0 is no element type", [](auto& t) { t.clear_data_type(); }),
      tensor_case("segment", "segments are not supported", [](auto& t) { t.mutable_segment()->set_begin(1); }),
      tensor_case("strings_as_raw_data", "string_data holds 0 strings", [](auto& t) { t.set_data_type(8); }),
      tensor_case("half_out_of_range", "int32_data holds 70000, which does not fit f16",
                  [](auto& t) {
                    t.set_data_type(10);
                    t.clear_raw_data();
                    for (int i = 0; i < 6; ++i) t.add_int32_data(70000);
                  }),
      tensor_case("int4_too_short", "raw_data holds 2 bytes, but i4 elements of shape 2x3 need 3",
                  [](auto& t) {
                    t.set_data_type(22);
                    t.mutable_raw_data()->resize(2);
                  }),
      tensor_case("without_a_name", "an initializer has no name", [](auto& t) { t.clear_name(); }),
      sparse_case("sparse_index_outside", "sparse index 4 is outside of 4 elements",
                  [](auto& s) { s.mutable_indices()->mutable_raw_data()->at(0) = 4; }),
      sparse_case("sparse_negative_index", "sparse index -1", [](auto& s) { s.mutable_indices()->set_raw_data(std::string(8, '\xff')); }),
      sparse_case("sparse_repeated_index", "sparse indices must ascend",
                  [](auto& s) {
                    fill(s.mutable_values(), "w", {}, 1, std::string(8, '\0')).set_dims(0, 2);
                    fill(s.mutable_indices(), "", {}, 7, std::string(16, '\0')).set_dims(0, 2);
                  }),
      sparse_case("sparse_giant", "too large to be made dense", [](auto& s) { s.set_dims(0, int64_t{1} << 40); }),
      sparse_case("sparse_ranks_differ", "do not fit",
                  [](auto& s) {
                    s.add_dims(2);
                    fill(s.mutable_indices(), "", {3}, 7, std::string(24, '\0')).set_dims(0, 1);
                  }),
      sparse_case("sparse_float_indices", "must be i64", [](auto& s) { s.mutable_indices()->set_data_type(11); }),
      sparse_case("sparse_without_values", "0 is no element type", [](auto& s) { s.clear_values(); }),
      {"constant_node_with_a_short_tensor", "in attribute `value`",
       [](Workshop& w) {
         proto::NodeProto& node = add_node(w.graph().add_node(), "Constant", {}, {"c"});
         proto::AttributeProto& attribute = *node.add_attribute();
         attribute.set_name("value");
         attribute.set_type(proto::AttributeProto::TENSOR);
         fill(attribute.mutable_t(), "", {2, 3}, 1, "abc");
       }},
      {"constant_node_without_its_tensor", "says it is TENSOR, but holds none",
       [](Workshop& w) {
         proto::AttributeProto& attribute = *add_node(w.graph().add_node(), "Constant", {}, {"c"}).add_attribute();
         attribute.set_name("value");
         attribute.set_type(proto::AttributeProto::TENSOR);
       }},
  };
}

}  // namespace burnish::test
