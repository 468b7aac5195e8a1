// Corrections of biases, on a chain of layers whose shifts are known, and of single channels against the error counted over elements.
#include "calibration/bias_correction.h"

#include <random>

#include <gmock/gmock.h>

#include "base/error.h"

namespace burnish::calibration {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

/// Layers of one channel, y = 2 x + shift of the quantization: a shift of one is passed on, doubled, to all behind it.
struct Chain {
  std::vector<double> shifts;

  LayerMeans quantized(size_t layer, const BiasChanges& changes) const {
    double value = 1;
    for (size_t i = 0; i <= layer; ++i) {
      const auto change = changes.find(std::to_string(i));
      value = 2 * value + shifts[i] + (change == changes.end() ? 0 : change->second[0]);
    }
    return {{value}, {value}};
  }
  static LayerMeans exact(size_t layer) { return {{static_cast<double>(2LL << layer)}, {static_cast<double>(2LL << layer)}}; }

  BiasChanges corrected() const {
    BiasCorrection correction;
    for (size_t i = 0; i < shifts.size(); ++i) correction.layers.push_back(std::to_string(i));
    correction.exact = [](const std::string& layer) { return exact(std::stoul(layer)); };
    correction.quantized = [this](const std::string& layer, const BiasChanges& so_far) { return quantized(std::stoul(layer), so_far); };
    return correct_biases(correction);
  }
};

TEST(BiasCorrection, EachLayerMakesUpForItsOwnShiftAlone) {
  const Chain chain{{0.5, 0, -0.25, 4}};
  const BiasChanges changes = chain.corrected();
  EXPECT_THAT(changes, ElementsAre(Pair("0", ElementsAre(-0.5)), Pair("2", ElementsAre(0.25)), Pair("3", ElementsAre(-4))));
  EXPECT_EQ(chain.quantized(3, changes).searched, Chain::exact(3).searched);
  EXPECT_THAT((Chain{{0, 0, 0}}.corrected()), IsEmpty());
}

TEST(BiasCorrection, IsKeptWhereTheErrorOnOtherDataFalls) {
  std::mt19937 random(3);
  std::normal_distribution<> normal;
  int kept = 0;
  constexpr int rounds = 200;
  for (int round = 0; round < rounds; ++round) {
    // Differences of elements: some of the search, some held back.
    std::vector<double> searched(16), held_back(16);
    const double common = normal(random);
    for (double& one : searched) one = common + normal(random);
    for (double& one : held_back) one = common + normal(random) + normal(random);
    const auto mean = [](const std::vector<double>& all) {
      double sum = 0;
      for (const double one : all) sum += one;
      return sum / static_cast<double>(all.size());
    };
    const double change = bias_change({{mean(searched)}, {mean(held_back)}}, {{0}, {0}}).at(0);
    double before = 0, after = 0;
    for (const double one : held_back) before += one * one, after += (one - mean(searched)) * (one - mean(searched));
    EXPECT_EQ(change != 0, after < before) << round;
    if (change == 0) continue;
    EXPECT_DOUBLE_EQ(change, mean(searched));
    ++kept;
  }
  EXPECT_GT(kept, rounds / 4);
  EXPECT_LT(kept, rounds);
}

TEST(BiasCorrection, RefusesMeansThatDoNotFit) { EXPECT_THROW((void)bias_change({{1, 2}, {1, 2}}, {{1}, {1}}), Error); }

}  // namespace
}  // namespace burnish::calibration
