// Host tensors: storage, typed access, and refusals.
#include "burnish/tensor.h"

#include <gtest/gtest.h>

namespace burnish {
namespace {

TEST(Tensor, StartsZeroedAndAligned) {
  const Tensor tensor(DType::f32, {3, 5});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0U);
  for (const float value : tensor.values<float>()) EXPECT_EQ(value, 0.0F);
  EXPECT_FALSE(Tensor().defined());
  EXPECT_EQ(Tensor(DType::f32, {}).size(), 1);
  EXPECT_EQ(Tensor(DType::f32, {3, 0}).size(), 0);
}

TEST(Tensor, CopiesShareAndClonesDoNot) {
  Tensor tensor = Tensor::of<int32_t>({2}, {1, 2});
  Tensor copy = tensor.reshaped({2, 1});
  const Tensor clone = tensor.clone();
  tensor.mutable_values<int32_t>()[0] = 9;
  EXPECT_EQ(copy.integer(0), 9);
  EXPECT_EQ(clone.integer(0), 1);
  EXPECT_FALSE(tensor.identical(copy));
  EXPECT_TRUE(tensor.identical(copy.reshaped({2})));
  EXPECT_THROW(tensor.reshaped({3}), Error);
}

TEST(Tensor, AccessIsChecked) {
  Tensor tensor(DType::f32, {2});
  EXPECT_THROW(tensor.values<int32_t>(), Error);
  EXPECT_THROW(tensor.values<double>(), Error);
  EXPECT_THROW(tensor.number(2), Error);
  EXPECT_THROW(tensor.number(-1), Error);
  EXPECT_THROW(tensor.integers(), Error);
  EXPECT_THROW(tensor.strings(), Error);
  EXPECT_THROW(Tensor().values<float>(), Error);
  EXPECT_EQ(Tensor(DType::bf16, {2}).values<uint16_t>().size(), 2U);
  EXPECT_EQ(Tensor(DType::boolean, {2}).values<bool>().size(), 2U);
}

TEST(Tensor, CountsAreChecked) {
  EXPECT_EQ(element_count(Dims{0, INT64_MAX, INT64_MAX}), 0);
  EXPECT_THROW(element_count(Dims{INT64_MAX, 2}), Error);
  EXPECT_THROW(element_count(Dims{-1, 0}), Error);
  EXPECT_THROW(Tensor(DType::f64, {int64_t{1} << 57}), Error);
  EXPECT_THROW(Tensor::of<float>({3}, {1.0F}), Error);
  EXPECT_THROW(Tensor::of_strings({2}, {"a"}), Error);
  EXPECT_EQ(text_of(Dims{2, 3}), "2x3");
  EXPECT_EQ(text_of(Dims{}), "scalar");
}

TEST(Tensor, BorrowsAndKeepsTheOwner) {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  const std::weak_ptr<std::vector<float>> watch = owner;
  Tensor tensor = Tensor::borrowed(DType::f32, {3}, owner->data(), owner);
  owner.reset();
  EXPECT_EQ(tensor.number(2), 3);
  tensor = {};
  EXPECT_TRUE(watch.expired());
}

TEST(Tensor, Strings) {
  const Tensor tensor = Tensor::of_strings({2}, {"a", "b"});
  EXPECT_EQ(tensor.bytes(), 0U);
  EXPECT_EQ(tensor.strings()[1], "b");
  EXPECT_TRUE(tensor.identical(tensor.clone()));
  EXPECT_EQ(Tensor(DType::string, {2}).strings()[0], "");
}

}  // namespace
}  // namespace burnish
