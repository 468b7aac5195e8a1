#include "precision/sample_inputs.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "ops/gather.h"

namespace burnish {
namespace {

/// splitmix64, and normal numbers from it by Box and Muller: the same on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t integer() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  float normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = static_cast<float>(radius * std::sin(angle));
    has_spare_ = true;
    return static_cast<float>(radius * std::cos(angle));
  }

 private:
  double uniform() { return static_cast<double>(integer() >> 11U) * 0x1p-53; }

  uint64_t state_;
  float spare_ = 0;
  bool has_spare_ = false;
};

/// Adds squares of `size` elements, each of one normal value, to every plane.
void add_squares(std::vector<float>& values, int64_t height, int64_t width, int64_t size, Random& random) {
  const int64_t columns = (width + size - 1) / size;
  std::vector<float> line(static_cast<size_t>(columns));
  const auto planes = static_cast<int64_t>(values.size()) / std::max<int64_t>(1, height * width);
  for (int64_t plane = 0; plane < planes; ++plane)
    for (int64_t y = 0; y < height; ++y) {
      if (y % size == 0) std::ranges::generate(line, [&] { return random.normal(); });
      float* row = values.data() + (plane * height + y) * width;
      for (int64_t x = 0; x < width; ++x) row[x] += line[static_cast<size_t>(x / size)];
    }
}

std::vector<float> image(const Dims& dims, Random& random) {
  std::vector<float> values(static_cast<size_t>(element_count(dims)));
  const int64_t height = dims[dims.size() - 2];
  const int64_t width = dims.back();
  float scales = 0;
  for (int64_t size = 1; size == 1 or size <= std::min(height, width) / 2; size *= 4) {
    add_squares(values, height, width, size, random);
    ++scales;
  }
  for (float& value : values) value /= std::sqrt(scales);
  return values;
}

std::vector<float> signal(const Dims& dims, Random& random) {
  std::vector<float> values(static_cast<size_t>(element_count(dims)));
  std::ranges::generate(values, [&] { return random.normal(); });
  return values;
}

/// The shortest axis that the integers of `value` pick from, followed through nodes that hand integers on; 0 where they pick nothing.
int64_t picks_from(const Graph& graph, ValueId value, std::set<uint32_t>& seen) {
  int64_t extent = 0;
  const auto take = [&](int64_t one) {
    if (one > 0 and (extent == 0 or one < extent)) extent = one;
  };
  if (not seen.insert(value.index).second) return 0;
  for (const NodeId user : graph.value(value).users) {
    const Node& node = graph.node(user);
    const auto* gather = node.op.as<ops::Gather>();
    if (gather != nullptr and node.inputs[1] == value) {
      const Shape& table = graph.type(node.inputs[0]).shape;
      take(table.dims().at(static_cast<size_t>(gather->axis < 0 ? gather->axis + static_cast<int64_t>(table.rank()) : gather->axis)));
      continue;
    }
    for (const ValueId output : node.outputs)
      if (is_integer(graph.type(output).dtype)) take(picks_from(graph, output, seen));
  }
  return extent;
}

Tensor sample_of(const Graph& graph, ValueId input, Random& random) {
  const TensorType& type = graph.type(input);
  Tensor tensor(type.dtype, type.shape.dims());
  if (is_floating(type.dtype)) {
    const std::vector<float> values = tensor.rank() >= 4 ? image(tensor.dims(), random) : signal(tensor.dims(), random);
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, values[static_cast<size_t>(i)]);
  } else if (is_integer(type.dtype) or type.dtype == DType::boolean) {
    std::set<uint32_t> seen;
    const auto rows = static_cast<uint64_t>(picks_from(graph, input, seen));
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_integer(i, rows == 0 ? 1 : static_cast<int64_t>(random.integer() % rows));
  }
  return tensor;
}

}  // namespace

std::vector<Tensor> sample_inputs(const Graph& graph, uint64_t seed) {
  Random random(seed);
  std::vector<Tensor> samples;
  for (const ValueId input : graph.inputs()) samples.push_back(sample_of(graph, input, random));
  return samples;
}

}  // namespace burnish
