// The search for layers to reduce, on networks whose errors are known: against all subsets, where there are few layers.
#include "precision/layer_search.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace burnish {
namespace {

/// Layers whose errors add up.
struct Layers {
  std::vector<double> saved, error;

  double sum(const std::vector<double>& values, const Reduced& reduced) const {
    double total = 0;
    for (size_t i = 0; i < values.size(); ++i) total += reduced[i] ? values[i] : 0;
    return total;
  }
  LayerChoice search(double accepted) const {
    LayerSearch search;
    search.saved = saved;
    search.accepted = accepted;
    search.error = search.sensitivity = [this](const Reduced& reduced) { return sum(error, reduced); };
    return search_layers(search);
  }
  double most_saved(double accepted) const {
    double best = 0;
    for (uint32_t bits = 0; bits < 1U << saved.size(); ++bits) {
      Reduced reduced;
      for (size_t i = 0; i < saved.size(); ++i) reduced.push_back((bits >> i & 1U) != 0);
      if (sum(error, reduced) <= accepted) best = std::max(best, sum(saved, reduced));
    }
    return best;
  }
};

TEST(LayerSearch, HoldsTheBudgetAndComesNearTheBest) {
  std::mt19937 random(5);
  double found = 0, best = 0;
  for (int round = 0; round < 50; ++round) {
    Layers layers;
    for (int i = 0; i < 12; ++i) {
      layers.saved.push_back(std::uniform_real_distribution<>(0, 1e-3)(random));
      layers.error.push_back(std::exp(std::uniform_real_distribution<>(-14, -5)(random)));
    }
    const double accepted = 1e-3;
    const LayerChoice choice = layers.search(accepted);
    EXPECT_LE(layers.sum(layers.error, choice.reduced), accepted) << "round " << round;
    found += layers.sum(layers.saved, choice.reduced);
    best += layers.most_saved(accepted);
  }
  EXPECT_GT(found, 0.85 * best);
  EXPECT_LE(found, best * (1 + 1e-12));
}

TEST(LayerSearch, ReducesAllWhereAllHolds) {
  const Layers layers{{1, 1, 1}, {0.1, 0.1, 0.1}};
  const LayerChoice choice = layers.search(1);
  EXPECT_EQ(choice.reduced, (Reduced{true, true, true}));
  EXPECT_EQ(choice.tries.size(), 1U);
}

TEST(LayerSearch, LeavesAloneWhatSavesNothing) {
  const Layers layers{{1, -1, 0}, {0.1, 0.1, 0.1}};
  EXPECT_EQ(layers.search(1).reduced, (Reduced{true, false, false}));
}

TEST(LayerSearch, ReducesNothingWhereNothingHolds) {
  const Layers layers{{1, 1}, {2, 2}};
  EXPECT_EQ(layers.search(1).reduced, (Reduced{false, false}));
  EXPECT_TRUE(Layers{}.search(1).reduced.empty());
}

}  // namespace
}  // namespace burnish
