// Sequences and optionals as values, and the text of their types.
#include <gtest/gtest.h>

#include "base/error.h"
#include "burnish/tensor.h"
#include "tensor/tensor_type.h"

namespace burnish {
namespace {

Tensor floats(std::initializer_list<float> values) { return Tensor::of<float>({static_cast<int64_t>(values.size())}, values); }

TEST(ValueKinds, SequencesHoldTensorsOfOneType) {
  const Tensor sequence = Tensor::sequence(DType::f32, {floats({1}), floats({2, 3})});
  EXPECT_EQ(sequence.kind(), ValueKind::sequence);
  EXPECT_EQ(sequence.dtype(), DType::f32);
  ASSERT_EQ(sequence.held().size(), 2U);
  EXPECT_TRUE(sequence.held()[1].identical(floats({2, 3})));
  EXPECT_THROW(Tensor::sequence(DType::i64, {floats({1})}), Error);
  EXPECT_THROW(Tensor::sequence(DType::f32, {sequence}), Error);
  EXPECT_THROW(Tensor::sequence(DType::f32, {Tensor()}), Error);
}

TEST(ValueKinds, OptionalsHoldOneValueOrNone) {
  EXPECT_EQ(Tensor::optional(floats({1})).kind(), ValueKind::optional);
  const Tensor sequence = Tensor::sequence(DType::f32, {floats({1})});
  EXPECT_EQ(Tensor::optional(sequence).kind(), ValueKind::optional_sequence);
  EXPECT_TRUE(Tensor::optional(sequence).held()[0].identical(sequence));
  EXPECT_TRUE(Tensor::nothing(ValueKind::optional, DType::f32).held().empty());
  EXPECT_THROW(Tensor::optional(Tensor::optional(floats({1}))), Error);
  EXPECT_THROW(Tensor::nothing(ValueKind::tensor, DType::f32), Error);
}

TEST(ValueKinds, HaveNoElementsOfTheirOwn) {
  const Tensor sequence = Tensor::sequence(DType::f32, {floats({1})});
  EXPECT_EQ(sequence.size(), 0);
  EXPECT_EQ(sequence.bytes(), 0U);
  EXPECT_THROW(static_cast<void>(sequence.values<float>()), Error);
  EXPECT_THROW(static_cast<void>(sequence.number(0)), Error);
  EXPECT_THROW(static_cast<void>(sequence.reshaped({0})), Error);
  EXPECT_THROW(static_cast<void>(Tensor::sequence(DType::i64, {}).integers()), Error);
  EXPECT_THROW(static_cast<void>(floats({1}).held()), Error);
}

TEST(ValueKinds, AreCopiedAndCompared) {
  const Tensor sequence = Tensor::sequence(DType::f32, {floats({1}), floats({2})});
  Tensor copy = sequence.clone();
  EXPECT_TRUE(copy.identical(sequence));
  EXPECT_NE(copy.held()[0].data(), sequence.held()[0].data());
  EXPECT_FALSE(sequence.identical(Tensor::sequence(DType::f32, {floats({1})})));
  EXPECT_FALSE(sequence.identical(Tensor::sequence(DType::f32, {floats({1}), floats({3})})));
  EXPECT_FALSE(Tensor::sequence(DType::f32, {}).identical(Tensor::nothing(ValueKind::optional, DType::f32)));
}

TEST(ValueKinds, TypesHaveAText) {
  for (const char* text : {"f32[2,N]", "f32[*]", "sequence<f32[?0,4]>", "sequence<i64[*]>", "sequence<string[!]>", "optional<f32[3]>",
                           "optional<f32[!]>", "optional<sequence<u8[]>>", "f32[1,2]{01}"})
    EXPECT_EQ(TensorType::parse(text).text(), text);
  for (const char* text : {"f32[!]", "sequence<f32[2]", "sequence<sequence<f32[2]>>", "optional<optional<f32[2]>>", "sequence<f32>",
                           "sequence<f32[2]>{0}", "f32[*]{0}"})
    EXPECT_THROW(TensorType::parse(text), Error) << text;
  EXPECT_TRUE(TensorType::parse("f32[2]").is_plain());
  EXPECT_FALSE(TensorType::parse("f32[*]").is_plain());
  EXPECT_FALSE(TensorType::parse("sequence<f32[2]>").is_plain());
  EXPECT_TRUE(TensorType::parse("string[2]").is_host_only());
}

}  // namespace
}  // namespace burnish
