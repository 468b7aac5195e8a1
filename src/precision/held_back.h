// Samples of which every second one is held back from a search, so that what it found is judged on data that it was not made for. Searches for what may
// be reduced within an accuracy use it. It judges nothing itself.
#pragma once

#include <span>
#include <vector>

#include "burnish/accuracy.h"

namespace burnish {

/// The inputs of a network.
using Sample = std::vector<Tensor>;

/// What is searched on is not what a network will see: a search uses this part of the budget, and less, a few times, where held-back samples say so.
inline constexpr double first_part_of_budget = 0.7, next_part_of_budget = 0.5;
inline constexpr int most_searches = 3;

/// `most` at most; fewer where the application has fewer.
std::vector<Sample> samples_of(const SampleBatches& batches, std::span<const TensorInfo> inputs, size_t most);

Outputs outputs_of(const Engine& engine, const std::vector<Sample>& samples);

/// Of samples, or of their outputs: those that a search may see, and the others.
std::vector<Sample> searched(const std::vector<Sample>& all);
std::vector<Sample> held_back(const std::vector<Sample>& all);

}  // namespace burnish
