// How requests become matrix products, and how much of an epilogue cuBLASLt is given: pure functions, judged without a GPU.
#include "backends/cuda/kernels/matrix_product.h"

#include <gtest/gtest.h>

#include "backends/cuda/cublaslt/lt_epilogue.h"
#include "ops/conv.h"
#include "ops/matmul.h"

namespace burnish::cuda {
namespace {

using tactics::OpRequest;
using enum DType;

tactics::Operand operand(DType type, const Dims& dims, bool constant = false) {
  tactics::Operand made{.present = true, .type = {type, Shape(dims), {}}, .constant = nullptr};
  if (constant) made.constant = std::make_shared<const Tensor>(type, dims);
  return made;
}

OpRequest request_of(Op op, std::vector<tactics::Operand> inputs, const Dims& output, DType type = f32) {
  OpRequest request;
  request.op = std::move(op);
  request.anchor_inputs = inputs.size();
  request.inputs = std::move(inputs);
  request.outputs = {{type, Shape(output), {}}};
  request.wanted = {true};
  request.target.permitted = {f16};
  return request;
}

OpRequest matmul(const Dims& a, const Dims& b, const Dims& output, ops::MatMul op = {}, DType type = f32) {
  return request_of(op, {operand(type, a), operand(type, b)}, output, type);
}

TEST(MatrixProduct, RowsOfBatchesThatShareAMatrixAreOneProduct) {
  const FoundProduct found = matmul_product(matmul({2, 3, 4, 5}, {5, 6}, {2, 3, 4, 6}));
  ASSERT_TRUE(found.verdict);
  EXPECT_EQ(found.product.m, 24);
  EXPECT_EQ(found.product.n, 6);
  EXPECT_EQ(found.product.k, 5);
  EXPECT_EQ(found.product.batches(), 1);
  EXPECT_FALSE(found.product.right.k_inner);
  EXPECT_EQ(found.product.right.leading, 6);
}

TEST(MatrixProduct, BatchesOfBothMerge) {
  const FoundProduct found = matmul_product(matmul({2, 12, 33, 16}, {2, 12, 31, 16}, {2, 12, 33, 31}, {.transpose_b = true}));
  EXPECT_EQ(found.product.batch, (std::array<int64_t, 2>{1, 24}));
  EXPECT_EQ(found.product.left.batch_strides[1], 33 * 16);
  EXPECT_EQ(found.product.right.batch_strides[1], 31 * 16);
  EXPECT_TRUE(found.product.right.k_inner);
  EXPECT_EQ(found.product.right.leading, 16);
}

TEST(MatrixProduct, TransposedRowsDoNotJoin) {
  const FoundProduct found = matmul_product(matmul({3, 5, 4}, {5, 6}, {3, 4, 6}, {.transpose_a = true}));
  EXPECT_EQ(found.product.m, 4);
  EXPECT_EQ(found.product.batch[1], 3);
  EXPECT_EQ(found.product.right.batch_strides[1], 0);
  EXPECT_FALSE(found.product.left.k_inner);
  EXPECT_EQ(found.product.left.leading, 4);
}

TEST(MatrixProduct, BroadcastsHaveNoStride) {
  const FoundProduct both = matmul_product(matmul({2, 1, 4, 5}, {1, 3, 5, 6}, {2, 3, 4, 6}));
  EXPECT_EQ(both.product.batch, (std::array<int64_t, 2>{2, 3}));
  EXPECT_EQ(both.product.left.batch_strides, (std::array<int64_t, 2>{20, 0}));
  EXPECT_EQ(both.product.right.batch_strides, (std::array<int64_t, 2>{0, 30}));
  const FoundProduct left = matmul_product(matmul({4, 5}, {3, 5, 6}, {3, 4, 6}));
  EXPECT_EQ(left.product.batch[1], 3);
  EXPECT_EQ(left.product.left.batch_strides[1], 0);
  const FoundProduct rows = matmul_product(matmul({2, 1, 2, 4, 5}, {1, 3, 1, 5, 6}, {2, 3, 2, 4, 6}));
  EXPECT_EQ(rows.product.m, 8);
  EXPECT_EQ(rows.product.batch, (std::array<int64_t, 2>{2, 3}));
  EXPECT_FALSE(matmul_product(matmul({2, 1, 2, 1, 4, 5}, {1, 3, 1, 3, 5, 6}, {2, 3, 2, 3, 4, 6})).verdict);
}

TEST(MatrixProduct, VectorsAreRowsAndColumns) {
  const FoundProduct row = matmul_product(matmul({5}, {3, 5, 6}, {3, 6}));
  EXPECT_EQ(row.product.m, 1);
  EXPECT_EQ(row.product.batch[1], 3);
  const FoundProduct column = matmul_product(matmul({2, 4, 5}, {5}, {2, 4}));
  EXPECT_EQ(column.product.m, 8);
  EXPECT_EQ(column.product.n, 1);
  EXPECT_EQ(matmul_product(matmul({5}, {5}, {})).product.k, 5);
  EXPECT_FALSE(matmul_product(matmul({0, 5}, {5, 3}, {0, 3})).verdict);
  EXPECT_FALSE(matmul_product(matmul({4, 0}, {0, 3}, {4, 3})).verdict);
}

TEST(MatrixProduct, ConvolutionsOfOneElement) {
  const auto conv = [](const Dims& weight, const ops::Conv& op, const Dims& output) {
    return request_of(op, {operand(f32, {2, 8, 7, 5}), operand(f32, weight, true), operand(f32, {weight[0]}, true)}, output);
  };
  const FoundProduct found = pointwise_conv_product(conv({16, 8, 1, 1}, {}, {2, 16, 7, 5}));
  ASSERT_TRUE(found.verdict);
  EXPECT_EQ(found.product.m, 70);
  EXPECT_EQ(found.product.n, 16);
  EXPECT_EQ(found.product.k, 8);
  EXPECT_EQ(found.product.bias, 2);
  EXPECT_EQ(found.product.layout, Layout::channels_last(4));
  ops::Conv grouped, strided, padded;
  grouped.group = 2;
  strided.strides = {2, 2};
  padded.pads = {1, 1, 1, 1};
  EXPECT_FALSE(pointwise_conv_product(conv({16, 8, 3, 1}, {}, {2, 16, 5, 5})).verdict);
  EXPECT_FALSE(pointwise_conv_product(conv({16, 4, 1, 1}, grouped, {2, 16, 7, 5})).verdict);
  EXPECT_FALSE(pointwise_conv_product(conv({16, 8, 1, 1}, strided, {2, 16, 4, 3})).verdict);
  EXPECT_FALSE(pointwise_conv_product(conv({16, 8, 1, 1}, padded, {2, 16, 9, 7})).verdict);
}

/// A product of 4x5 by 5x6 whose epilogue has a constant row, a constant column, a computed matrix and a computed row as inputs 1 to 4.
class Epilogues : public testing::Test {
 protected:
  LtEpilogue read(const std::string& text, DType type = f32, std::optional<DType> lowered = {}) {
    request_ = request_of(ops::MatMul{}, {operand(type, {4, 5}), operand(type, {5, 6}, true)}, {4, 6}, type);
    for (const auto& [dims, constant] : {std::pair{Dims{6}, true}, {Dims{4, 1}, true}, {Dims{4, 6}, false}, {Dims{6}, false}})
      request_.inputs.push_back(operand(type, dims, constant));
    const std::string name(name_of(type));
    std::string inputs = "(" + name;
    for (int i = 0; i < 4; ++i) inputs += "," + name;
    request_.epilogue = Expr::parse(inputs + ") " + text);
    request_.epilogue.verify();
    return lt_epilogue(request_, matmul_product(request_).product, lowered);
  }

  static constexpr size_t row = 2, column = 3, matrix = 4;  // request inputs
  OpRequest request_;
};

TEST_F(Epilogues, BiasResidualAndReluAreAllTaken) {
  const LtEpilogue made = read("add:f32(0,1) add:f32(5,3) relu:f32(6) -> 7");
  EXPECT_EQ(made.bias, row);
  EXPECT_EQ(made.residual, matrix);
  EXPECT_EQ(made.beta, 1);
  EXPECT_EQ(made.activation, LtActivation::relu);
  EXPECT_FALSE(made.has_rest());
}

TEST_F(Epilogues, AScaleOfTheProductIsAlpha) {
  const LtEpilogue made = read("constant:f32[0.125] mul:f32(0,5) add:f32(6,1) -> 7");
  EXPECT_EQ(made.alpha, 0.125);
  EXPECT_EQ(made.bias, row);
  EXPECT_FALSE(made.has_rest());
}

TEST_F(Epilogues, AScaleAfterTheBiasIsLeft) {
  const LtEpilogue made = read("constant:f32[2] add:f32(0,1) mul:f32(6,5) -> 7");
  EXPECT_EQ(made.bias, row);
  EXPECT_EQ(made.alpha, 1);
  EXPECT_TRUE(made.has_rest());
  EXPECT_TRUE(made.rest_inputs.empty());
}

TEST_F(Epilogues, WhatFollowsTheActivationIsLeft) {
  const LtEpilogue made = read("add:f32(0,1) relu:f32(5) add:f32(6,3) -> 7");
  EXPECT_EQ(made.activation, LtActivation::relu);
  EXPECT_FALSE(made.residual);
  EXPECT_TRUE(made.has_rest());
  EXPECT_EQ(made.rest_inputs, std::vector<size_t>{matrix});
}

TEST_F(Epilogues, OtherBroadcastsAreLeft) {
  for (const char* text : {"add:f32(0,2) -> 5", "add:f32(0,4) -> 5"}) {
    const LtEpilogue made = read(text);
    EXPECT_FALSE(made.bias or made.residual);
    EXPECT_EQ(made.rest, request_.epilogue);
  }
  const LtEpilogue later = read("add:f32(0,1) mul:f32(5,2) -> 6");
  EXPECT_EQ(later.bias, row);
  EXPECT_EQ(later.rest_inputs, std::vector<size_t>{column});
}

TEST_F(Epilogues, ADifferenceNegatesTheResidual) {
  EXPECT_EQ(read("sub:f32(0,3) -> 5").beta, -1);
  EXPECT_TRUE(read("sub:f32(3,0) -> 5").has_rest());
}

TEST_F(Epilogues, OnlyTheTanhFormOfGeluAndOnlyInHalves) {
  EXPECT_TRUE(read("gelu_erf:f32(0) -> 5", f32, f16).has_rest());
  EXPECT_TRUE(read("gelu_tanh:f32(0) -> 5").has_rest());
  EXPECT_EQ(read("gelu_tanh:f32(0) -> 5", f32, f16).activation, LtActivation::gelu);
  EXPECT_EQ(read("gelu_tanh:bf16(0) -> 5", bf16).activation, LtActivation::gelu);
}

TEST_F(Epilogues, AValueNeededTwiceIsCutBeforeItsSecondUse) {
  const LtEpilogue made = read("add:f32(0,1) sigmoid:f32(5) mul:f32(5,6) -> 7");
  EXPECT_EQ(made.bias, row);
  EXPECT_TRUE(made.has_rest());
  EXPECT_EQ(made.rest.steps.size(), 2);
  const LtEpilogue both = read("add:f32(0,1) relu:f32(5) add:f32(5,6) -> 7");
  EXPECT_EQ(both.activation, LtActivation::none);
  EXPECT_EQ(both.rest.steps.size(), 2);
}

TEST_F(Epilogues, SeveralResultsKeepTheProductItself) {
  const LtEpilogue made = read("add:f32(0,1) -> 5,0");
  EXPECT_FALSE(made.bias);
  EXPECT_EQ(made.rest.outputs.size(), 2);
  EXPECT_EQ(made.rest_inputs.size(), 4);
}

TEST_F(Epilogues, ACastToFloatIsTheLibrarysOwn) {
  const LtEpilogue made = read("cast:f32(0) relu:f32(5) -> 6", f16);
  EXPECT_EQ(made.result, f32);
  EXPECT_EQ(made.activation, LtActivation::relu);
  EXPECT_FALSE(made.has_rest());
}

}  // namespace
}  // namespace burnish::cuda
