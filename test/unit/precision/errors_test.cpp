// Measures of accuracy, on numbers worked out by hand.
#include "precision/errors.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace burnish {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

Outputs one(Tensor tensor) { return {{std::move(tensor)}}; }

TEST(Errors, OfEqualOutputsAreNothing) {
  const Outputs outputs = one(Tensor::of<float>({2, 2}, {1, 2, 3, 4}));
  for (const char* text : {"cos:0.9", "max:0.1", "top1:0.9"}) EXPECT_NEAR(accuracy_budget(text).error(outputs, outputs), 0, 1e-15) << text;
}

TEST(Errors, AreThoseOfTheDefinitions) {
  const Outputs exact = one(Tensor::of<float>({2, 2}, {3, 4, 0, 1})), tried = one(Tensor::of<float>({2, 2}, {4, 3, 0, 1}));
  EXPECT_NEAR(cosine_error(exact, tried), 1 - 25.0 / 26, 1e-12);
  EXPECT_DOUBLE_EQ(largest_error(exact, tried), 0.25);
  EXPECT_DOUBLE_EQ(top1_error(exact, tried), 0.5);
}

TEST(Errors, OfImagesLookForTheLargestChannel) {
  Tensor wanted(DType::f32, {1, 2, 1, 3}), got(DType::f32, {1, 2, 1, 3});
  for (int64_t i = 0; i < 3; ++i) wanted.set_number(i, 1), got.set_number(i == 0 ? 3 : i, 1);
  EXPECT_DOUBLE_EQ(top1_error(one(wanted), one(got)), 1.0 / 3);
}

TEST(Errors, AreTheWorstOfSamplesAndOutputs) {
  const Tensor a = Tensor::of<float>({2}, {1, 0}), b = Tensor::of<float>({2}, {0, 1});
  EXPECT_DOUBLE_EQ(cosine_error({{a, a}, {a, a}}, {{a, a}, {a, b}}), 1);
}

TEST(Errors, NoiseIsCountedOverSamplesAndAveragedOverOutputs) {
  const auto tensor = [](float a, float b) { return Tensor::of<float>({2}, {a, b}); };
  // Squares of the first output: 25 + 4 of the signal, 1 + 9 of the noise; of the second: 1 and 0.25.
  const Outputs exact{{tensor(3, 4), tensor(1, 0)}, {tensor(2, 0), tensor(0, 0)}};
  const Outputs tried{{tensor(3, 5), tensor(1, 0)}, {tensor(2, 3), tensor(0.5F, 0)}};
  EXPECT_DOUBLE_EQ(noise_error(exact, tried), (10.0 / 29 + 0.25) / 2);
  EXPECT_EQ(noise_error(exact, exact), 0);
  EXPECT_TRUE(std::isinf(noise_error(exact, {{tensor(nan, 5), tensor(1, 0)}})));
  EXPECT_TRUE(std::isnan(noise_error(one(tensor(0, 0)), one(tensor(1, 2)))));
}

TEST(Errors, KnowWhatCannotBeSaid) {
  const Outputs zero = one(Tensor::of<float>({2}, {0, 0})), number = one(Tensor::of<float>({2}, {1, 2}));
  EXPECT_TRUE(std::isnan(cosine_error(zero, number)));
  EXPECT_TRUE(std::isnan(cosine_error(one(Tensor::of<int64_t>({1}, {1})), one(Tensor::of<int64_t>({1}, {1})))));
  EXPECT_DOUBLE_EQ(cosine_error(number, one(Tensor::of<float>({2}, {nan, 2}))), 1);
  EXPECT_TRUE(std::isinf(largest_error(number, one(Tensor::of<float>({2}, {nan, 2})))));
}

TEST(Errors, BudgetsAreRead) {
  EXPECT_DOUBLE_EQ(accuracy_budget("cos:0.75").limit, 0.25);
  EXPECT_DOUBLE_EQ(accuracy_budget("max:3e-2").limit, 3e-2);
  EXPECT_DOUBLE_EQ(accuracy_budget("top1:0.75").limit, 0.25);
  for (const char* text : {"", "cos", "cos:", "cos:x", "cos:1.5", "cos:0.9x", "mse:1", "max:-1", "top1:nan"})
    EXPECT_THROW((void)accuracy_budget(text), Error) << text;
}

}  // namespace
}  // namespace burnish
