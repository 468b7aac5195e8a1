// Pointwise programs: evaluation against literal results, text, composition, simplification, and refusals.
#include "ir/expr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "burnish/status.h"

namespace burnish {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

template <class T>
Tensor row(std::initializer_list<T> values) {
  return Tensor::of<T>({static_cast<int64_t>(values.size())}, values);
}

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> out;
  for (int64_t i = 0; i < tensor.size(); ++i) out.push_back(tensor.number(i));
  return out;
}

/// One code over inputs of one type and size.
std::vector<double> apply(ExprCode code, const std::vector<Tensor>& inputs, DType result, double a = 0, double b = 0) {
  std::vector<DType> types;
  for (const Tensor& input : inputs) types.push_back(input.dtype());
  return numbers(evaluate(Expr::single(code, types, result, a, b), inputs, inputs.front().dims()).front());
}

std::vector<double> apply_f32(ExprCode code, std::initializer_list<float> x, double a = 0, double b = 0) {
  return apply(code, {row<float>(x)}, DType::f32, a, b);
}

TEST(ExprTable, NamesReadBack) {
  for (size_t i = 0; i < expr_code_count; ++i)
    EXPECT_EQ(expr_code_from_name(info_of(static_cast<ExprCode>(i)).name), static_cast<ExprCode>(i));
  EXPECT_EQ(info_of(ExprCode::shift_right).name, "shift_right");
  EXPECT_EQ(info_of(ExprCode::prelu).name, "prelu");
  EXPECT_FALSE(expr_code_from_name("nonsense"));
}

using Values = std::vector<double>;

TEST(ExprEvaluate, FloatRounding) {
  EXPECT_EQ(apply_f32(ExprCode::round, {0.5F, 1.5F, 2.5F, -0.5F, -1.5F}), (Values{0, 2, 2, 0, -2}));
  EXPECT_EQ(apply_f32(ExprCode::round_half_away, {0.5F, 1.5F, -2.5F}), (Values{1, 2, -3}));
  EXPECT_EQ(apply_f32(ExprCode::trunc, {1.9F, -1.9F}), (Values{1, -1}));
  const Tensor sum =
      evaluate(Expr::single(ExprCode::add, {DType::f32, DType::f32}, DType::f32), {row<float>({1.0F}), row<float>({0x1p-24F})}, {1})
          .front();
  EXPECT_EQ(sum.number(0), 1.0);
  const Tensor wide =
      evaluate(Expr::single(ExprCode::add, {DType::f64, DType::f64}, DType::f64), {row<double>({1.0}), row<double>({0x1p-52})}, {1})
          .front();
  EXPECT_EQ(wide.number(0), 1.0 + 0x1p-52);
}

TEST(ExprEvaluate, FloatMod) {
  const std::vector<Tensor> inputs{row<float>({5.5F, -5.5F, 5.5F}), row<float>({3, 3, -3})};
  EXPECT_EQ(apply(ExprCode::mod, inputs, DType::f32), (Values{2.5, 0.5, -0.5}));
  EXPECT_EQ(apply(ExprCode::fmod, inputs, DType::f32), (Values{2.5, -2.5, 2.5}));
}

TEST(ExprEvaluate, NotANumberWins) {
  const std::vector<Tensor> inputs{row<float>({nan, 1, 2}), row<float>({1, nan, 3})};
  for (const ExprCode code : {ExprCode::min, ExprCode::max}) {
    const Values found = apply(code, inputs, DType::f32);
    EXPECT_TRUE(std::isnan(found[0]));
    EXPECT_TRUE(std::isnan(found[1]));
  }
  EXPECT_TRUE(std::isnan(apply_f32(ExprCode::relu, {nan})[0]));
  EXPECT_TRUE(std::isnan(apply_f32(ExprCode::sign, {nan})[0]));
  EXPECT_EQ(apply(ExprCode::is_nan, {row<float>({nan, 1})}, DType::boolean), (Values{1, 0}));
  EXPECT_EQ(apply(ExprCode::is_inf, {row<float>({inf, -inf, 1})}, DType::boolean, 1, 0), (Values{0, 1, 0}));
  EXPECT_EQ(apply(ExprCode::equal, {row<float>({nan}), row<float>({nan})}, DType::boolean), (Values{0}));
}

TEST(ExprEvaluate, Activations) {
  EXPECT_EQ(apply_f32(ExprCode::relu, {-1, 2}), (Values{0, 2}));
  EXPECT_EQ(apply_f32(ExprCode::leaky_relu, {-2, 2}, 0.5), (Values{-1, 2}));
  EXPECT_EQ(apply_f32(ExprCode::hard_sigmoid, {-10, 0, 10}, 0.25, 0.5), (Values{0, 0.5, 1}));
  EXPECT_EQ(apply_f32(ExprCode::thresholded_relu, {1, 2, 3}, 2), (Values{0, 0, 3}));
  EXPECT_EQ(apply_f32(ExprCode::shrink, {-3, 0.5F, 3}, 1, 0.5), (Values{-2.5, 0, 2.5}));
  EXPECT_EQ(apply_f32(ExprCode::hard_swish, {-4, 0, 4}), (Values{0, 0, 4}));
  EXPECT_EQ(apply_f32(ExprCode::softplus, {1000, -1000}), (Values{1000, 0}));
  EXPECT_NEAR(apply_f32(ExprCode::gelu_erf, {1})[0], 0.8413447, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::gelu_tanh, {1})[0], 0.8411920, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::mish, {1})[0], 0.8650984, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::swish, {1}, 1)[0], 0.7310586, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::elu, {-1}, 2)[0], -1.2642411, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::celu, {-1}, 2)[0], -0.7869387, 1e-6);
  EXPECT_NEAR(apply_f32(ExprCode::selu, {-1}, 2, 3)[0], -3.7927234, 1e-6);
  EXPECT_EQ(apply(ExprCode::prelu, {row<float>({-2, 2}), row<float>({0.5F, 0.5F})}, DType::f32), (Values{-1, 2}));
  EXPECT_EQ(apply(ExprCode::clip, {row<float>({-2, 2, 9}), row<float>({0, 0, 5}), row<float>({1, 1, 3})}, DType::f32), (Values{0, 1, 3}));
}

TEST(ExprEvaluate, IntegerDivision) {
  const std::vector<Tensor> inputs{row<int32_t>({7, -7, 7, 7, INT32_MIN}), row<int32_t>({2, 2, -2, 0, -1})};
  EXPECT_EQ(apply(ExprCode::div, inputs, DType::i32), (Values{3, -3, -3, 0, INT32_MIN}));
  EXPECT_EQ(apply(ExprCode::mod, inputs, DType::i32), (Values{1, 1, -1, 0, 0}));
  EXPECT_EQ(apply(ExprCode::fmod, inputs, DType::i32), (Values{1, -1, 1, 0, 0}));
  const Tensor least = row<int64_t>({INT64_MIN});
  EXPECT_EQ(
      evaluate(Expr::single(ExprCode::div, {DType::i64, DType::i64}, DType::i64), {least, row<int64_t>({-1})}, {1}).front().integer(0),
      INT64_MIN);
}

TEST(ExprEvaluate, IntegersWrap) {
  EXPECT_EQ(apply(ExprCode::add, {row<int8_t>({127}), row<int8_t>({1})}, DType::i8), (Values{-128}));
  EXPECT_EQ(apply(ExprCode::sub, {row<uint8_t>({1}), row<uint8_t>({2})}, DType::u8), (Values{255}));
  EXPECT_EQ(apply(ExprCode::neg, {row<int8_t>({-128})}, DType::i8), (Values{-128}));
  EXPECT_EQ(apply(ExprCode::abs, {row<int64_t>({INT64_MIN})}, DType::i64), (Values{-0x1p63}));
  EXPECT_EQ(apply(ExprCode::bitwise_not, {row<uint8_t>({1})}, DType::u8), (Values{254}));
}

TEST(ExprEvaluate, UnsignedLongs) {
  const std::vector<Tensor> inputs{row<uint64_t>({UINT64_MAX, 1}), row<uint64_t>({2, UINT64_MAX})};
  EXPECT_EQ(apply(ExprCode::less, inputs, DType::boolean), (Values{0, 1}));
  EXPECT_EQ(apply(ExprCode::div, inputs, DType::u64), (Values{9223372036854775807.0, 0}));
  EXPECT_EQ(apply(ExprCode::max, inputs, DType::u64), (Values{18446744073709551615.0, 18446744073709551615.0}));
  EXPECT_EQ(apply(ExprCode::cast, {inputs[0]}, DType::f64), (Values{18446744073709551616.0, 1}));
  EXPECT_EQ(apply(ExprCode::shift_right, {inputs[0], row<uint64_t>({63, 0})}, DType::u64), (Values{1, 1}));
}

TEST(ExprEvaluate, Shifts) {
  EXPECT_EQ(apply(ExprCode::shift_left, {row<uint8_t>({1, 1, 255}), row<uint8_t>({7, 8, 4})}, DType::u8), (Values{128, 0, 240}));
  EXPECT_EQ(apply(ExprCode::shift_right, {row<uint32_t>({8, 8}), row<uint32_t>({3, 200})}, DType::u32), (Values{1, 0}));
}

TEST(ExprEvaluate, Powers) {
  EXPECT_EQ(apply(ExprCode::pow, {row<int32_t>({2, 3, 2, 1, -1}), row<int64_t>({10, 3, -1, -5, -3})}, DType::i32),
            (Values{1024, 27, 0, 1, -1}));
  EXPECT_EQ(apply(ExprCode::pow, {row<int32_t>({2, 9}), row<float>({3, 0.5F})}, DType::i32), (Values{8, 3}));
  EXPECT_EQ(apply(ExprCode::pow, {row<float>({2, 2}), row<int32_t>({3, -1})}, DType::f32), (Values{8, 0.5}));
}

TEST(ExprEvaluate, Casts) {
  EXPECT_EQ(apply(ExprCode::cast, {row<float>({1.9F, -1.9F, 1e20F, nan})}, DType::i32), (Values{1, -1, INT32_MAX, 0}));
  EXPECT_EQ(apply(ExprCode::cast, {row<float>({0, 0.5F, nan})}, DType::boolean), (Values{0, 1, 1}));
  EXPECT_EQ(apply(ExprCode::cast, {row<int32_t>({300})}, DType::u8), (Values{44}));
  EXPECT_EQ(apply(ExprCode::cast, {row<float>({1e6F})}, DType::f8e4m3fn), (Values{448}));
  // Directly to float: by way of double the last bit would differ.
  EXPECT_EQ(apply(ExprCode::cast, {row<int64_t>({(int64_t{1} << 60) + (int64_t{1} << 36) + 1})}, DType::f32), (Values{0x1p60 + 0x1p37}));
}

TEST(ExprEvaluate, BooleansAndWhere) {
  const Tensor yes = row<bool>({true, false, true});
  const Tensor no = row<bool>({false, false, true});
  EXPECT_EQ(apply(ExprCode::logical_and, {yes, no}, DType::boolean), (Values{0, 0, 1}));
  EXPECT_EQ(apply(ExprCode::logical_xor, {yes, no}, DType::boolean), (Values{1, 0, 0}));
  EXPECT_EQ(apply(ExprCode::logical_not, {yes}, DType::boolean), (Values{0, 1, 0}));
  EXPECT_EQ(apply(ExprCode::where, {yes, row<int64_t>({1, 2, 3}), row<int64_t>({4, 5, 6})}, DType::i64), (Values{1, 5, 3}));
}

TEST(ExprEvaluate, BroadcastsAcrossManyBlocks) {
  // 3 x 1000 x 7: rows, columns and a scalar against a full tensor; blocks end in the middle of every axis.
  const Dims domain{3, 1000, 7};
  Tensor full(DType::f32, domain);
  for (int64_t i = 0; i < full.size(); ++i) full.set_number(i, static_cast<double>(i % 97));
  Tensor column(DType::f32, {1000, 1});
  for (int64_t i = 0; i < 1000; ++i) column.set_number(i, static_cast<double>(100 * (i % 50)));
  const Tensor line = Tensor::of<float>({7}, {0.F, 1000000.F, 2000000.F, 3000000.F, 4000000.F, 5000000.F, 6000000.F});
  const Expr expr = Expr::parse("(f32,f32,f32,f32) add:f32(0,1) add:f32(4,2) add:f32(5,3) -> 6,4");
  const std::vector<Tensor> out = evaluate(expr, {full, column, line, Tensor::of<float>({}, {0.5F})}, domain);
  for (int64_t i = 0; i < full.size(); ++i) {
    const double partial = full.number(i) + static_cast<double>(100 * (i / 7 % 1000 % 50));
    ASSERT_EQ(out[1].number(i), partial) << i;
    ASSERT_EQ(out[0].number(i), partial + 1e6 * static_cast<double>(i % 7) + 0.5) << i;
  }
}

TEST(ExprEvaluate, EmptyAndScalarDomains) {
  const Expr expr = Expr::single(ExprCode::neg, {DType::f32}, DType::f32);
  EXPECT_EQ(evaluate(expr, {Tensor(DType::f32, {0, 3})}, {0, 3}).front().size(), 0);
  EXPECT_EQ(evaluate(expr, {Tensor::of<float>({}, {2.0F})}, {}).front().number(0), -2);
  EXPECT_EQ(evaluate(expr, {Tensor::of<float>({1}, {2.0F})}, {2, 2}).front().number(3), -2);
}

TEST(ExprEvaluate, WrongInputsAreErrors) {
  const Expr expr = Expr::single(ExprCode::neg, {DType::f32}, DType::f32);
  EXPECT_THROW(evaluate(expr, {}, {1}), Error);
  EXPECT_THROW(evaluate(expr, {row<double>({1})}, {1}), Error);
  EXPECT_THROW(evaluate(expr, {row<float>({1, 2})}, {3}), Error);
  EXPECT_THROW(evaluate(expr, {Tensor(DType::f32, {1, 1})}, {1}), Error);
}

TEST(ExprText, ReadsBack) {
  for (const char* text : {"(f32,f32) add:f32(0,1) relu:f32(2) -> 3", "(f32) leaky_relu:f32[0.1](0) -> 1", "() constant:i64[-5] -> 0",
                           "(f16) constant:f16[inf] max:f16(0,1) -> 2,0", "(f32) hard_sigmoid:f32[0.2,0.5](0) -> 1",
                           "(u8) cast:f32(0) is_nan:boolean(1) -> 2", "(f32) -> 0"})
    EXPECT_EQ(Expr::parse(text).text(), text);
  Expr constants;
  for (const double value : {0.1, -0.0, 1e-310, 1.0 / 3, static_cast<double>(inf)})
    constants.outputs.push_back(constants.add_constant(DType::f64, value));
  EXPECT_EQ(Expr::parse(constants.text()), constants);
  EXPECT_TRUE(std::signbit(Expr::parse(constants.text()).steps[1].a));
}

TEST(ExprText, FaultsAreErrors) {
  for (const char* text : {"",
                           "(",
                           "(f32)",
                           "(f32) ->",
                           "(f32) -> 1",
                           "(f32) relu:f32(0)",
                           "(f32) relu:f32(1) -> 1",
                           "(f32) relu:f32(0 -> 1",
                           "(f32) relu(0) -> 1",
                           "(f32) add:f32(0) -> 1",
                           "(f32) relu:i32(0) -> 1",
                           "(f32) what:f32(0) -> 1",
                           "(f32,i32) add:f32(0,1) -> 2",
                           "(f32) equal:f32(0,0) -> 1",
                           "(f32) where:f32(0,0,0) -> 1",
                           "(string) -> 0",
                           "(f32) leaky_relu:f32(0) -> 1",
                           "(f32) -> 0 junk",
                           "(f32) bitwise_not:f32(0) -> 1",
                           "(f32) relu:f32(65536) -> 1",
                           "(f32) relu:f32(-1) -> 1"})
    EXPECT_THROW(Expr::parse(text), Error) << text;
}

TEST(ExprCompose, JoinsAndKeeps) {
  const Expr inner = Expr::parse("(f32,f32) add:f32(0,1) -> 2");
  const Expr outer = Expr::parse("(f32,f32) mul:f32(0,1) -> 2");
  EXPECT_EQ(composed(inner, 0, outer, 1).text(), "(f32,f32,f32) add:f32(0,1) mul:f32(2,3) -> 4");
  EXPECT_EQ(composed(inner, 0, outer, 0, true).text(), "(f32,f32,f32) add:f32(0,1) mul:f32(3,2) -> 4,3");
  EXPECT_THROW(composed(inner, 0, Expr::parse("(i32) neg:i32(0) -> 1"), 0), Error);
}

TEST(ExprSimplify, MergesEqualStepsAndDropsTheUnused) {
  std::vector<size_t> kept;
  const Expr expr = Expr::parse(
      "(f32,f32,f32,f32) relu:f32(0) relu:f32(2) add:f32(4,5) exp:f32(1) constant:f32[nan] constant:f32[nan] mul:f32(8,9) add:f32(6,10) -> "
      "11");
  EXPECT_EQ(simplified(expr, {0, 1, 0, 3}, kept).text(), "(f32) relu:f32(0) add:f32(1,1) constant:f32[nan] mul:f32(3,3) add:f32(2,4) -> 5");
  EXPECT_EQ(kept, (std::vector<size_t>{0}));
  EXPECT_EQ(simplified(expr, {}, kept).inputs.size(), 2U);
  EXPECT_EQ(kept, (std::vector<size_t>{0, 2}));
}

TEST(Expr, Single) {
  EXPECT_EQ(Expr::single(ExprCode::add, {DType::f32, DType::f32}, DType::f32).as_single(), ExprCode::add);
  EXPECT_FALSE(Expr::parse("(f32,f32) sub:f32(1,0) -> 2").as_single());
  EXPECT_FALSE(Expr::parse("(f32) relu:f32(0) -> 0").as_single());
  EXPECT_THROW(Expr::single(ExprCode::add, {DType::f32}, DType::f32), Error);
}

}  // namespace
}  // namespace burnish
