// Percentiles and summaries on numbers worked out by hand.
#include "cli/statistics.h"

#include <gmock/gmock.h>

#include <numeric>

namespace burnish::cli {
namespace {

std::vector<double> one_to(int last) {
  std::vector<double> values(static_cast<size_t>(last));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

TEST(Percentile, IsTheNearestRank) {
  EXPECT_EQ(percentile_of(one_to(10), 90), 9);
  EXPECT_EQ(percentile_of(one_to(10), 95), 10);
  EXPECT_EQ(percentile_of(one_to(100), 99), 99);
  EXPECT_EQ(percentile_of(one_to(15), 90), 14);  // 13.5 values round up to 14
  EXPECT_EQ(percentile_of(one_to(3), 50), 2);
}

TEST(Percentile, ReachesBothEnds) {
  EXPECT_EQ(percentile_of(one_to(7), 0), 1);
  EXPECT_EQ(percentile_of(one_to(7), 100), 7);
  EXPECT_EQ(percentile_of(one_to(1), 99), 1);
}

TEST(Median, AveragesTheMiddleTwo) {
  EXPECT_EQ(median_of(one_to(5)), 3);
  EXPECT_EQ(median_of(one_to(4)), 2.5);
}

TEST(Summary, SaysEverythingOnce) {
  const std::vector<double> percents{50, 100};
  const Summary summary = summarize({4, 2, 6}, percents);
  EXPECT_EQ(summary.min, 2);
  EXPECT_EQ(summary.max, 6);
  EXPECT_EQ(summary.mean, 4);
  EXPECT_EQ(summary.median, 4);
  EXPECT_THAT(summary.percentiles, testing::ElementsAre(4, 6));
  EXPECT_NEAR(summary.variation, 0.408248, 1e-6);  // sqrt(8/3) / 4
}

TEST(QueryTime, LatencyIsTransfersAndComputation) {
  const QueryTime query{.enqueue = {0, 1}, .h2d = {0, 2}, .compute = {2, 7}, .d2h = {7, 8}};
  EXPECT_EQ(query.latency(), 8);
}

}  // namespace
}  // namespace burnish::cli
