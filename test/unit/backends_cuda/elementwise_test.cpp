// The generated elementwise kernel, for every code of pointwise programs, every type and every way of access.
#include "backends/cuda/kernels/elementwise.h"

#include "backends/cuda/nvrtc/expr_source.h"

#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

/// Every code that exists for the type, each as one output over inputs x, y, z and a condition.
Expr all_codes(DType type) {
  Expr expr;
  const ExprOperand x = expr.add_input(type), y = expr.add_input(type), z = expr.add_input(type);
  const ExprOperand condition = expr.add_input(DType::boolean);
  const auto needs_integers = [](ExprCode code) { return code >= ExprCode::bitwise_and and code <= ExprCode::shift_right; };
  const auto needs_floats = [](ExprCode code) {
    return (code >= ExprCode::reciprocal and code <= ExprCode::prelu and code != ExprCode::floor) or code == ExprCode::is_nan or
           code == ExprCode::is_inf;
  };
  for (size_t i = 0; i < expr_code_count; ++i) {
    const auto code = static_cast<ExprCode>(i);
    const ExprCodeInfo& info = info_of(code);
    if (is_floating(type) ? needs_integers(code) : needs_floats(code)) continue;
    if (code >= ExprCode::bitwise_and and type == DType::boolean) continue;
    if (code == ExprCode::shift_left or code == ExprCode::shift_right)
      if (not is_unsigned_integer(type)) continue;
    if (code == ExprCode::cast or code == ExprCode::constant) continue;
    const bool logical = code >= ExprCode::logical_and and code <= ExprCode::logical_not;
    std::array<ExprOperand, 3> arguments{logical ? condition : x, logical ? condition : y, z};
    if (code == ExprCode::where) arguments = {condition, y, z};
    expr.outputs.push_back(expr.add_step(code, info.boolean_result ? DType::boolean : type, arguments, 0.5, 0.25));
  }
  return expr;
}

ElementwiseShape shape_of(const Expr& expr, int width, const std::string& access) {
  ElementwiseShape shape;
  shape.rank = 3;
  shape.width = width;
  shape.inputs = expr.inputs;
  for (const ExprOperand output : expr.outputs) shape.outputs.push_back(expr.dtype(output));
  shape.accesses.assign(shape.inputs.size() + shape.outputs.size(), access);
  return shape;
}

class EveryType : public testing::TestWithParam<DType> {};

TEST_P(EveryType, CompilesWithEveryCode) {
  BURNISH_NEEDS_NVRTC();
  const Expr expr = all_codes(GetParam());
  expr.verify();
  expect_compiles(elementwise_source(expr, shape_of(expr, 1, "strided")));
}

INSTANTIATE_TEST_SUITE_P(Types, EveryType,
                         testing::Values(DType::f32, DType::f16, DType::bf16, DType::f64, DType::i8, DType::u8, DType::i32, DType::i64,
                                         DType::u64),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(Elementwise, CompilesInEveryAccess) {
  BURNISH_NEEDS_NVRTC();
  const Expr relu = Expr::single(ExprCode::relu, {DType::f32}, DType::f32);
  ElementwiseShape shape = shape_of(relu, 8, "contiguous");
  shape.inputs = {DType::f16};
  shape.outputs = {DType::f16};
  expect_compiles(elementwise_source(relu, shape));
  shape.accesses = {"same", "contiguous"};
  expect_compiles(elementwise_source(relu, shape));
  shape.width = 1;
  shape.accesses = {"strided", "strided"};
  expect_compiles(elementwise_source(relu, shape));
}

TEST(Elementwise, CastsBetweenAllTypes) {
  BURNISH_NEEDS_NVRTC();
  Expr casts;
  const ExprOperand input = casts.add_input(DType::f16);
  for (const DType type : {DType::f32, DType::f64, DType::bf16, DType::i8, DType::u8, DType::i16, DType::i32, DType::i64, DType::boolean})
    casts.outputs.push_back(casts.add_step(ExprCode::cast, type, {input, 0, 0}));
  expect_compiles(elementwise_source(casts, shape_of(casts, 1, "strided")));
}

TEST(Elementwise, DividesByKnownNumbersThroughTheirReciprocals) {
  const Expr known = Expr::parse("(f32) constant:f32[0.71] div:f32(0,1) -> 2");
  EXPECT_NE(print_function(known, "apply").find("op_div_by(x0, "), std::string::npos);
  const Expr tiny = Expr::parse("(f32) constant:f32[1e-38] div:f32(0,1) -> 2"), given = Expr::parse("(f32,f32) div:f32(0,1) -> 2");
  for (const Expr& expr : {tiny, given}) EXPECT_EQ(print_function(expr, "apply").find("op_div_by"), std::string::npos);
  BURNISH_NEEDS_NVRTC();
  expect_compiles(elementwise_source(
      known, {.rank = 1, .width = 4, .inputs = {DType::f32}, .outputs = {DType::f32}, .accesses = {"contiguous", "contiguous"}}));
}

TEST(Elementwise, MakesBytesOfWholeNumbersThatFitWithoutConverting) {
  const auto source = [](const char* text) { return print_function(Expr::parse(text), "apply"); };
  const std::string quick = "byte_of_whole";
  EXPECT_NE(source("(f32) round:f32(0) constant:f32[-128] constant:f32[127] clip:f32(1,2,3) cast:i8(4) -> 5").find(quick),
            std::string::npos);
  EXPECT_NE(source("(f32) round:f32(0) constant:f32[7] add:f32(1,2) constant:f32[0] constant:f32[255] clip:f32(3,4,5) cast:u8(6) -> 7")
                .find(quick),
            std::string::npos);
  for (const char* text :
       {"(f32) constant:f32[-128] constant:f32[127] clip:f32(0,1,2) cast:i8(3) -> 4",
        "(f32) round:f32(0) constant:f32[-128] constant:f32[127] clip:f32(1,2,3) cast:u8(4) -> 5",
        "(f32,f32) round:f32(0) constant:f32[127] clip:f32(2,1,3) cast:i8(4) -> 5", "(f32) round:f32(0) cast:i8(1) -> 2"})
    EXPECT_EQ(source(text).find(quick), std::string::npos) << text;
}

TEST(Elementwise, SaysWhatItCannotDo) {
  const Expr quantized = Expr::single(ExprCode::cast, {DType::f32}, DType::f8e5m2);
  EXPECT_EQ(elementwise_refusal(quantized, 2, {4}), "device code has no type f8e5m2");
  const Expr relu = Expr::single(ExprCode::relu, {DType::f32}, DType::f32);
  EXPECT_EQ(elementwise_refusal(relu, 2, {4}), "");
  EXPECT_NE(elementwise_refusal(relu, 2, {65536, 65536}), "");
}

}  // namespace
}  // namespace burnish::cuda
