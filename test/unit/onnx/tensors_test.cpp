// Every element type in both forms, and when bytes are borrowed.
#include "onnx/tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hostile/workshop.h"

namespace burnish::test {
namespace {

using testing::ElementsAre;

Tensor read(proto::TensorProto tensor) {
  onnx::ExternalData external("", {}, false);
  return onnx::TensorReader(external).read(tensor);
}

proto::TensorProto tensor_of(int type, std::vector<int64_t> dims) {
  proto::TensorProto tensor;
  fill(&tensor, "t", dims, type, "").clear_raw_data();
  return tensor;
}

template <class T>
std::string bytes_of(std::vector<T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

struct TypeCase {
  int type;
  DType dtype;
  std::string raw;                                // of the two elements 1 and 2 (or 1 and 0 where 2 does not exist)
  std::function<void(proto::TensorProto&)> fill;  // the same in typed fields
  std::vector<double> values = {1, 2};
};

std::vector<TypeCase> types() {
  const auto int32 = [](std::vector<int32_t> values) {
    return [values](proto::TensorProto& t) { t.mutable_int32_data()->Add(values.begin(), values.end()); };
  };
  const auto uint64 = [](proto::TensorProto& t) { t.add_uint64_data(1), t.add_uint64_data(2); };
  return {
      {1, DType::f32, bytes_of<float>({1, 2}), [](auto& t) { t.add_float_data(1), t.add_float_data(2); }},
      {2, DType::u8, "\1\2", int32({1, 2})},
      {3, DType::i8, "\xff\2", int32({-1, 2}), {-1, 2}},
      {4, DType::u16, bytes_of<uint16_t>({1, 65535}), int32({1, 65535}), {1, 65535}},
      {5, DType::i16, bytes_of<int16_t>({-1, 2}), int32({-1, 2}), {-1, 2}},
      {6, DType::i32, bytes_of<int32_t>({-1, 2}), int32({-1, 2}), {-1, 2}},
      {7, DType::i64, bytes_of<int64_t>({-1, 2}), [](auto& t) { t.add_int64_data(-1), t.add_int64_data(2); }, {-1, 2}},
      {9, DType::boolean, {"\1\0", 2}, int32({1, 0}), {1, 0}},
      {10, DType::f16, bytes_of<uint16_t>({0x3c00, 0x4000}), int32({0x3c00, 0x4000})},
      {11, DType::f64, bytes_of<double>({1, 2}), [](auto& t) { t.add_double_data(1), t.add_double_data(2); }},
      {12, DType::u32, bytes_of<uint32_t>({1, 2}), uint64},
      {13, DType::u64, bytes_of<uint64_t>({1, 2}), uint64},
      {16, DType::bf16, bytes_of<uint16_t>({0x3f80, 0x4000}), int32({0x3f80, 0x4000})},
      {17, DType::f8e4m3fn, "\x38\x40", int32({0x38, 0x40})},
      {18, DType::f8e4m3fnuz, "\x40\x48", int32({0x40, 0x48})},
      {19, DType::f8e5m2, "\x3c\x40", int32({0x3c, 0x40})},
      {20, DType::f8e5m2fnuz, "\x40\x44", int32({0x40, 0x44})},
      {21, DType::u4, "\x21", int32({0x21})},
      {22, DType::i4, "\xf2", int32({0xf2}), {2, -1}},
      {23, DType::f4e2m1, "\x42", int32({0x42})},
      {24, DType::f8e8m0, "\x7f\x80", int32({0x7f, 0x80})},
      {25, DType::u2, "\x09", int32({0x09})},
      {26, DType::i2, "\x0d", int32({0x0d}), {1, -1}},
  };
}

TEST(Tensors, RawBytesOfEveryType) {
  for (const TypeCase& one : types()) {
    proto::TensorProto tensor = tensor_of(one.type, {2});
    tensor.set_raw_data(one.raw);
    const Tensor read_tensor = read(tensor);
    EXPECT_EQ(read_tensor.dtype(), one.dtype);
    for (int64_t i = 0; i < 2; ++i) EXPECT_EQ(read_tensor.number(i), one.values[static_cast<size_t>(i)]) << name_of(one.dtype);
  }
}

TEST(Tensors, TypedFieldsOfEveryType) {
  for (const TypeCase& one : types()) {
    proto::TensorProto tensor = tensor_of(one.type, {2});
    one.fill(tensor);
    const Tensor read_tensor = read(tensor);
    EXPECT_EQ(read_tensor.dtype(), one.dtype);
    for (int64_t i = 0; i < 2; ++i) EXPECT_EQ(read_tensor.number(i), one.values[static_cast<size_t>(i)]) << name_of(one.dtype);
  }
}

TEST(Tensors, ComplexNumbers) {
  proto::TensorProto tensor = tensor_of(14, {1});
  tensor.add_float_data(3);
  tensor.add_float_data(-4);
  const Tensor complex = read(tensor);
  EXPECT_EQ(complex.dtype(), DType::c64);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(complex.data()), complex.bytes()), bytes_of<float>({3, -4}));
}

TEST(Tensors, Strings) {
  proto::TensorProto tensor = tensor_of(8, {2});
  tensor.add_string_data("a");
  tensor.add_string_data(std::string("b\0c", 3));
  EXPECT_THAT(read(tensor).strings(), ElementsAre("a", std::string("b\0c", 3)));
}

TEST(Tensors, AnOddNumberOfPackedElements) {
  proto::TensorProto tensor = tensor_of(22, {3});
  tensor.set_raw_data("\x87\x0f");
  EXPECT_THAT(read(tensor).integers(), ElementsAre(7, -8, -1));
}

TEST(Tensors, AnyNonzeroByteIsTrue) {
  proto::TensorProto tensor = tensor_of(9, {3});
  tensor.set_raw_data(std::string("\0\2\xff", 3));
  EXPECT_THAT(read(tensor).integers(), ElementsAre(0, 1, 1));
  EXPECT_EQ(std::to_integer<int>(read(tensor).data()[2]), 1);
}

TEST(Tensors, EmptyTensorsAndScalars) {
  EXPECT_EQ(read(tensor_of(1, {0, 3})).size(), 0);
  proto::TensorProto scalar = tensor_of(6, {});
  scalar.add_int32_data(7);
  EXPECT_EQ(read(scalar).rank(), 0U);
  EXPECT_EQ(read(scalar).integer(0), 7);
}

TEST(Tensors, RawBytesAreTakenOverNotCopied) {
  proto::TensorProto tensor = tensor_of(1, {64});
  tensor.set_raw_data(std::string(256, '\0'));
  const void* before = tensor.raw_data().data();
  onnx::ExternalData external("", {}, false);
  EXPECT_EQ(onnx::TensorReader(external).read(tensor).data(), before);
}

TEST(Tensors, AReaderGivesTheSameTensorTwice) {
  proto::TensorProto tensor = tensor_of(1, {64});
  tensor.set_raw_data(std::string(256, '\0'));
  onnx::ExternalData external("", {}, false);
  onnx::TensorReader reader(external);
  EXPECT_EQ(reader.read(tensor).data(), reader.read(tensor).data());
}

proto::SparseTensorProto sparse(std::vector<int64_t> indices, std::vector<int64_t> index_dims) {
  proto::SparseTensorProto sparse;
  fill(sparse.mutable_values(), "s", {2}, 1, bytes_of<float>({5, 6}));
  fill(sparse.mutable_indices(), "", index_dims, 7, bytes_of(indices));
  sparse.add_dims(2);
  sparse.add_dims(3);
  return sparse;
}

TEST(Tensors, SparseTensorsBecomeDense) {
  onnx::ExternalData external("", {}, false);
  onnx::TensorReader reader(external);
  proto::SparseTensorProto linear = sparse({1, 5}, {2});
  EXPECT_THAT(reader.read(linear).values<float>(), ElementsAre(0, 5, 0, 0, 0, 6));
  proto::SparseTensorProto coordinates = sparse({0, 1, 1, 2}, {2, 2});
  EXPECT_THAT(reader.read(coordinates).values<float>(), ElementsAre(0, 5, 0, 0, 0, 6));
}

}  // namespace
}  // namespace burnish::test
