// Which layers may be reduced (to fewer bits) so that the outputs stay within a budget and as much time as possible is saved.
// Errors of different layers add up nearly, so each is measured with runs of layers reduced alone, and those that cost most error for each second are
// left exact until the whole holds. Whoever knows what a layer and a reduction are calls it; it knows neither.
#pragma once

#include <functional>
#include <vector>

namespace burnish {

/// Of each layer, in order of execution.
using Reduced = std::vector<bool>;

struct LayerSearch {
  std::vector<double> saved;  // seconds that each layer's reduction saves; layers that save nothing stay exact
  /// An error that adds up over layers (1 - cosine), of a network with these layers reduced; may judge by a part of the samples.
  std::function<double(const Reduced&)> sensitivity;
  /// The error that the budget is about, on all samples.
  std::function<double(const Reduced&)> error;
  double accepted = 0;
  size_t most_tries = 30;
  double most_seconds = 60;  // looking for sensitivities
};

/// Layers [first, last) reduced alone.
struct LayerRun {
  size_t first = 0, last = 0;
  double error = 0;
  double saved = 0;
};

struct LayerTry {
  double saved = 0;
  double error = 0;
  size_t reduced = 0;
};

struct LayerChoice {
  Reduced reduced;  // none where nothing holds
  double error = 0;
  std::vector<LayerRun> runs;
  std::vector<LayerTry> tries;
};

LayerChoice search_layers(const LayerSearch& search);

}  // namespace burnish
