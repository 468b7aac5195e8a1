// Exported files: field names that scripts rely on, and numbers that read back exactly.
#include "cli/exports.h"

#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "cli/bound_session.h"
#include "cli/compare.h"
#include "tensor/number.h"

namespace burnish::cli {
namespace {

using nlohmann::json;

std::string values_of(const Tensor& tensor) {
  std::string text;
  append_values(text, tensor, " ");
  return text;
}

TEST(Times, HaveTrtexecsFields) {
  const std::vector<QueryTime> queries{{.enqueue = {1, 5}, .h2d = {1, 2}, .compute = {2, 4.5}, .d2h = {4.5, 5}}, {}};
  const json read = json::parse(times_json(queries));
  ASSERT_EQ(read.size(), 2U);
  const json expected{{"startEnqMs", 1.0},     {"endEnqMs", 5.0},     {"startH2dMs", 1.0}, {"endH2dMs", 2.0},
                      {"startComputeMs", 2.0}, {"endComputeMs", 4.5}, {"startD2hMs", 4.5}, {"endD2hMs", 5.0},
                      {"h2dMs", 1.0},          {"computeMs", 2.5},    {"d2hMs", 0.5},      {"latencyMs", 4.0}};
  ASSERT_EQ(read[0].size(), expected.size());
  for (const auto& [field, value] : expected.items()) EXPECT_EQ(read[0].at(field).get<double>(), value.get<double>()) << field;
}

TEST(Outputs, HaveNameDimensionsAndValues) {
  const std::vector<NamedOutput> outputs{{"a\"b", Tensor::of<float>({2, 2}, {1, 0.1F, -3, 1e20F})}, {"c", Tensor::of<int64_t>({}, {7})}};
  const json read = json::parse(outputs_json(outputs));
  EXPECT_EQ(read[0].at("name"), "a\"b");
  EXPECT_EQ(read[0].at("dimensions"), "2x2");
  EXPECT_EQ(read[0].at("values")[1].get<float>(), 0.1F);
  EXPECT_EQ(read[0].at("values")[3].get<float>(), 1e20F);
  EXPECT_EQ(read[1].at("values")[0], 7);
}

TEST(Values, AreTheShortestThatReadBack) { EXPECT_EQ(values_of(Tensor::of<float>({3}, {0.1F, 1, 16777216})), "0.1 1 16777216"); }

TEST(Values, OfNarrowFloatsAreNumbers) {
  Tensor half(DType::f16, {2});
  half.mutable_values<uint16_t>()[0] = f16_from_float(1.5F);
  half.mutable_values<uint16_t>()[1] = f16_from_float(-2);
  EXPECT_EQ(values_of(half), "1.5 -2");
  Tensor brain(DType::bf16, {1});
  brain.mutable_values<uint16_t>()[0] = bf16_from_float(0.25F);
  EXPECT_EQ(values_of(brain), "0.25");
}

TEST(Values, OfIntegersKeepAllBits) {
  EXPECT_EQ(values_of(Tensor::of<int64_t>({2}, {INT64_MIN, INT64_MAX})), "-9223372036854775808 9223372036854775807");
  EXPECT_EQ(values_of(Tensor::of<uint64_t>({1}, {UINT64_MAX})), "18446744073709551615");
  EXPECT_EQ(values_of(Tensor::of<int8_t>({2}, {-128, 127})), "-128 127");
  EXPECT_EQ(values_of(Tensor::of<bool>({2}, {true, false})), "1 0");
}

TEST(Values, NotFiniteAreWhatPythonReads) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(values_of(Tensor::of<float>({3}, {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})), "NaN Infinity -Infinity");
}

TEST(Profile, CountsFirst) {
  const std::vector<StepProfile> steps{{"conv", 10, 1, 0.9, 80}};
  const json read = json::parse(profile_json(steps, 10));
  EXPECT_EQ(read[0].at("count"), 10);
  EXPECT_EQ(read[1].at("name"), "conv");
  for (const char* field : {"timeMs", "averageMs", "medianMs", "percentage"}) EXPECT_TRUE(read[1].contains(field)) << field;
}

TEST(RowMajor, UndoesTheOrderOfAxes) {
  const TensorInfo info{.name = "y", .dtype = DType::f32, .dims = {1, 2, 1, 3}, .format = "f32:0231", .bytes = 24};
  const Tensor stored = Tensor::of<float>({6}, {0, 3, 1, 4, 2, 5});  // for each column both channels
  const Tensor plain = row_major(info, {stored.data(), stored.bytes()});
  EXPECT_THAT(plain.values<float>(), testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(Random, RepeatsWithItsSeed) {
  std::vector<std::byte> a(64), b(64), c(64);
  fill_random(DType::f32, a, 1);
  fill_random(DType::f32, b, 1);
  fill_random(DType::f32, c, 2);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(Random, SuitsIdsAndMasks) {
  Tensor ids(DType::i64, {100});
  fill_random(DType::i64, {ids.mutable_data(), ids.bytes()}, 3);
  for (const int64_t id : ids.integers()) EXPECT_TRUE(id == 0 or id == 1);
  Tensor mask(DType::boolean, {100});
  fill_random(DType::boolean, {mask.mutable_data(), mask.bytes()}, 3);
  for (const int64_t bit : mask.integers()) EXPECT_TRUE(bit == 0 or bit == 1);
}

TEST(Compare, MeasuresDistance) {
  const Difference difference = compare(Tensor::of<float>({2}, {3, 4}), Tensor::of<float>({2}, {3, 5}));
  EXPECT_EQ(difference.max_error, 1);
  EXPECT_DOUBLE_EQ(difference.relative_error, 0.2);
  EXPECT_EQ(difference.unequal, 1);
  EXPECT_NEAR(difference.cosine, 29 / (5 * 5.830951895), 1e-9);
}

TEST(Compare, CountsWhatIsNotFinite) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(compare(Tensor::of<float>({2}, {nan, infinity}), Tensor::of<float>({2}, {nan, infinity})).odd, 0);
  EXPECT_EQ(compare(Tensor::of<float>({2}, {nan, 1}), Tensor::of<float>({2}, {0, infinity})).odd, 2);
}

}  // namespace
}  // namespace burnish::cli
