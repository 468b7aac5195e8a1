#include "precision/held_back.h"

namespace burnish {
namespace {

std::vector<Sample> every_second(const std::vector<Sample>& all, size_t first) {
  std::vector<Sample> taken;
  for (size_t i = first; i < all.size(); i += 2) taken.push_back(all[i]);
  return taken;
}

}  // namespace

std::vector<Sample> samples_of(const SampleBatches& batches, std::span<const TensorInfo> inputs, size_t most) {
  std::vector<Sample> samples;
  while (samples.size() < most) {
    Sample sample = batches(inputs, samples.size());
    if (sample.empty()) break;
    samples.push_back(std::move(sample));
  }
  return samples;
}

Outputs outputs_of(const Engine& engine, const std::vector<Sample>& samples) {
  Session session(engine);
  Outputs outputs;
  for (const Sample& inputs : samples) outputs.push_back(session.run(inputs));
  return outputs;
}

std::vector<Sample> searched(const std::vector<Sample>& all) { return every_second(all, 0); }
std::vector<Sample> held_back(const std::vector<Sample>& all) { return every_second(all, 1); }

}  // namespace burnish
