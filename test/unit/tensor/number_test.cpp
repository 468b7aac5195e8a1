// Narrow floating-point formats against values known by hand, and ONNX's rules of Cast.
#include "tensor/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace burnish {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST(DType, NamesSizesAndKinds) {
  for (size_t i = 0; i < dtype_count; ++i) EXPECT_EQ(dtype_from_name(name_of(static_cast<DType>(i))), static_cast<DType>(i));
  EXPECT_FALSE(dtype_from_name("float"));
  EXPECT_EQ(byte_size(DType::i4), 1U);
  EXPECT_EQ(bit_width(DType::i4), 4U);
  EXPECT_EQ(byte_size(DType::c128), 16U);
  EXPECT_TRUE(is_floating(DType::f4e2m1));
  EXPECT_FALSE(is_integer(DType::boolean));
  EXPECT_TRUE(is_unsigned_integer(DType::u2));
}

TEST(F16, KnownValues) {
  EXPECT_EQ(f16_from_float(1.0F), 0x3c00);
  EXPECT_EQ(f16_from_float(-2.0F), 0xc000);
  EXPECT_EQ(f16_from_float(65504.0F), 0x7bff);
  EXPECT_EQ(f16_from_float(65519.0F), 0x7bff);
  EXPECT_EQ(f16_from_float(65520.0F), 0x7c00);
  EXPECT_EQ(f16_from_float(0x1p-24F), 0x0001);
  EXPECT_EQ(f16_from_float(0x1p-25F), 0x0000);    // a tie goes to even
  EXPECT_EQ(f16_from_float(0x1.8p-24F), 0x0002);  // as does this one
  EXPECT_EQ(f16_from_float(1.0F + 0x1p-11F), 0x3c00);
  EXPECT_EQ(f16_from_float(1.0F + 0x1.8p-10F), 0x3c02);
  EXPECT_EQ(f16_from_float(inf), 0x7c00);
  EXPECT_TRUE(std::isnan(float_from_f16(f16_from_float(nan))));
  EXPECT_EQ(float_from_f16(0x8000), 0.0F);
  EXPECT_TRUE(std::signbit(float_from_f16(0x8000)));
}

TEST(F16, EveryCodeReadsBack) {
  for (uint32_t code = 0; code < 0x10000; ++code) {
    const float value = float_from_f16(static_cast<uint16_t>(code));
    if (std::isnan(value)) continue;
    ASSERT_EQ(f16_from_float(value), code);
  }
}

TEST(F16, DoublesRoundOnce) {
  // Through float this would become a tie, and then round down.
  Tensor tensor(DType::f16, {1});
  tensor.set_number(0, 1.0 + 0x1p-11 + 0x1p-40);
  EXPECT_EQ(tensor.values<uint16_t>()[0], 0x3c01);
}

TEST(Bf16, KnownValues) {
  EXPECT_EQ(bf16_from_float(1.0F), 0x3f80);
  EXPECT_EQ(bf16_from_float(1.0F + 0x1p-8F), 0x3f80);
  EXPECT_EQ(bf16_from_float(1.0F + 0x1.8p-7F), 0x3f82);
  EXPECT_TRUE(std::isnan(float_from_bf16(bf16_from_float(nan))));
}

struct F8Case {
  DType dtype;
  float value;
  uint8_t saturated;
  uint8_t overflowing;
};

TEST(F8, KnownValues) {
  const std::vector<F8Case> cases{
      {DType::f8e4m3fn, 1.0F, 0x38, 0x38},
      {DType::f8e4m3fn, 448.0F, 0x7e, 0x7e},
      {DType::f8e4m3fn, 464.0F, 0x7e, 0x7e},
      {DType::f8e4m3fn, 465.0F, 0x7e, 0x7f},
      {DType::f8e4m3fn, inf, 0x7e, 0x7f},
      {DType::f8e4m3fn, -inf, 0xfe, 0xff},
      {DType::f8e4m3fn, 0x1p-9F, 0x01, 0x01},
      {DType::f8e4m3fn, -1e-7F, 0x80, 0x80},
      {DType::f8e4m3fnuz, 1.0F, 0x40, 0x40},
      {DType::f8e4m3fnuz, 240.0F, 0x7f, 0x7f},
      {DType::f8e4m3fnuz, 1e6F, 0x7f, 0x80},
      {DType::f8e4m3fnuz, -1e-7F, 0x00, 0x00},
      {DType::f8e4m3fnuz, inf, 0x7f, 0x80},
      {DType::f8e5m2, 1.0F, 0x3c, 0x3c},
      {DType::f8e5m2, 57344.0F, 0x7b, 0x7b},
      {DType::f8e5m2, 1e6F, 0x7b, 0x7c},
      {DType::f8e5m2, -inf, 0xfb, 0xfc},
      {DType::f8e5m2fnuz, 1.0F, 0x40, 0x40},
      {DType::f8e5m2fnuz, 57344.0F, 0x7f, 0x7f},
      {DType::f8e5m2fnuz, 1e6F, 0x7f, 0x80},
      {DType::f4e2m1, 0.25F, 0x0, 0x0},
      {DType::f4e2m1, 0.48F, 0x1, 0x1},
      {DType::f4e2m1, -3.5F, 0xe, 0xe},
      {DType::f4e2m1, 9.0F, 0x7, 0x7},
      {DType::f4e2m1, nan, 0x8, 0x8},
      {DType::f8e8m0, 1.0F, 127, 127},
      {DType::f8e8m0, 1.1F, 128, 128},
      {DType::f8e8m0, 0.124F, 124, 124},
      {DType::f8e8m0, 0.0F, 0, 0},
      {DType::f8e8m0, inf, 0xff, 0xff},
  };
  for (const F8Case& one : cases) {
    EXPECT_EQ(f8_from_float(one.dtype, one.value, true), one.saturated) << name_of(one.dtype) << " " << one.value;
    EXPECT_EQ(f8_from_float(one.dtype, one.value, false), one.overflowing) << name_of(one.dtype) << " " << one.value;
  }
}

TEST(F8, NotANumber) {
  EXPECT_EQ(f8_from_float(DType::f8e4m3fn, nan), 0x7f);
  EXPECT_EQ(f8_from_float(DType::f8e4m3fnuz, nan), 0x80);
  EXPECT_TRUE(std::isnan(float_from_f8(DType::f8e5m2, 0x7d)));
  EXPECT_TRUE(std::isinf(float_from_f8(DType::f8e5m2, 0x7c)));
  EXPECT_TRUE(std::isnan(float_from_f8(DType::f8e5m2fnuz, 0x80)));
  EXPECT_TRUE(std::isnan(float_from_f8(DType::f8e8m0, 0xff)));
}

TEST(F8, EveryNumberReadsBack) {
  for (const DType dtype : {DType::f8e4m3fn, DType::f8e4m3fnuz, DType::f8e5m2, DType::f8e5m2fnuz, DType::f8e8m0, DType::f4e2m1})
    for (unsigned code = 0; code < (1U << bit_width(dtype)); ++code) {
      const float value = float_from_f8(dtype, static_cast<uint8_t>(code));
      if (std::isnan(value)) continue;
      EXPECT_EQ(f8_from_float(dtype, value, false), code) << name_of(dtype) << " " << code;
    }
}

Tensor floats(std::initializer_list<float> values) { return Tensor::of<float>({static_cast<int64_t>(values.size())}, values); }

TEST(Converted, FloatsToIntegersTruncateAndSaturate) {
  const Tensor from = floats({1.9F, -1.9F, 300.0F, -300.0F, nan, 1e30F});
  EXPECT_EQ(converted(from, DType::i8).integers(), (std::vector<int64_t>{1, -1, 127, -128, 0, 127}));
  EXPECT_EQ(converted(from, DType::u8).integers(), (std::vector<int64_t>{1, 0, 255, 0, 0, 255}));
  EXPECT_EQ(converted(from, DType::i64).integers(), (std::vector<int64_t>{1, -1, 300, -300, 0, INT64_MAX}));
  EXPECT_EQ(converted(from, DType::boolean).integers(), (std::vector<int64_t>{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(converted(floats({-9.0F, 8.0F, 3.0F}), DType::i4).integers(), (std::vector<int64_t>{7, -8, 3}));
  EXPECT_EQ(converted(floats({-3.0F, 2.0F}), DType::u2).integers(), (std::vector<int64_t>{1, 2}));
}

TEST(Converted, IntegersWrap) {
  const Tensor from = Tensor::of<int32_t>({3}, {300, -1, 65536});
  EXPECT_EQ(converted(from, DType::u8).integers(), (std::vector<int64_t>{44, 255, 0}));
  EXPECT_EQ(converted(from, DType::i8).integers(), (std::vector<int64_t>{44, -1, 0}));
  EXPECT_EQ(converted(from, DType::boolean).integers(), (std::vector<int64_t>{1, 1, 1}));
}

TEST(Converted, UnsignedLongsStayPositive) {
  const Tensor from = Tensor::of<uint64_t>({1}, {UINT64_MAX});
  EXPECT_EQ(converted(from, DType::f64).number(0), 18446744073709551616.0);
  EXPECT_EQ(converted(Tensor::of<double>({1}, {1e30}), DType::u64).values<uint64_t>()[0], UINT64_MAX);
}

TEST(Converted, Strings) {
  const Tensor text = Tensor::of_strings({5}, {"3.25", "1e-5", "INF", "-INF", "NaN"});
  const Tensor numbers = converted(text, DType::f32);
  EXPECT_EQ(numbers.number(0), 3.25);
  EXPECT_EQ(numbers.values<float>()[1], 1e-5F);
  EXPECT_EQ(numbers.number(2), inf);
  EXPECT_EQ(numbers.number(3), -inf);
  EXPECT_TRUE(std::isnan(numbers.number(4)));
  EXPECT_EQ(converted(Tensor::of<int64_t>({1}, {-7}), DType::string).strings()[0], "-7");
  EXPECT_EQ(converted(floats({0.1F}), DType::string).strings()[0], "0.1");
  EXPECT_THROW(converted(Tensor::of_strings({1}, {"seven"}), DType::f32), Error);
  EXPECT_THROW(converted(Tensor(DType::c64, {1}), DType::f32), Error);
}

}  // namespace
}  // namespace burnish
