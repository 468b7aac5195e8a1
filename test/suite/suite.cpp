// The list of families, random data, and graphs of one node.
#include "suite/suite.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>

#include "base/error.h"
#include "base/hash.h"

namespace burnish::suite {
namespace {

std::map<std::string, Fill, std::less<>>& families() {
  static std::map<std::string, Fill, std::less<>> all;
  return all;
}

void fill_random(Tensor& tensor, double low, double high, uint64_t seed) {
  std::mt19937_64 random(seed);
  const bool floating = is_floating(tensor.dtype());
  // bf16 holds eight bits exactly: eighths up to 32, whole numbers up to 256.
  const double step = floating and std::max(std::abs(low), std::abs(high)) <= 32 ? 0.125 : 1;
  const bool is_unsigned = is_unsigned_integer(tensor.dtype());
  const double least = tensor.dtype() == boolean or (is_unsigned and low < 0) ? 0 : low;
  const double most = tensor.dtype() == boolean ? 1 : high;
  std::uniform_int_distribution<int64_t> pick(static_cast<int64_t>(std::ceil(least / step)), static_cast<int64_t>(std::floor(most / step)));
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const auto value = pick(random);
    if (tensor.dtype() == string) {
      tensor.mutable_strings()[static_cast<size_t>(i)] = std::string(1, static_cast<char>('a' + (value - pick.min()) % 26));
    } else if (floating) {
      tensor.set_number(i, static_cast<double>(value) * step);
    } else {
      tensor.set_integer(i, value);
    }
  }
}

Tensor elements_of(const Input& input, const DimBindings& sizes, uint64_t seed) {
  if (input.value) return *input.value;
  Tensor tensor(input.dtype, input.shape.substituted(sizes).dims());
  fill_random(tensor, input.low, input.high, seed);
  return tensor;
}

uint64_t seed_of(const Case& one, size_t input) { return hash_of(fmt::format("{} {}", one.name, input)).low; }

}  // namespace

Input Input::between(double least, double most) const {
  Input changed = *this;
  changed.low = least;
  changed.high = most;
  return changed;
}

Input Input::fixed() const {
  Input changed = *this;
  changed.constant = true;
  return changed;
}

Input input(DType dtype, Shape shape) { return {.dtype = dtype, .shape = std::move(shape), .value = {}}; }
Input weights(DType dtype, Shape shape) { return input(dtype, std::move(shape)).between(-1, 1).fixed(); }

Input indices(int64_t extent, Shape shape, bool positive) {
  return input(i64, std::move(shape)).between(positive ? 0 : static_cast<double>(-extent), static_cast<double>(extent - 1));
}

Input given(Tensor value) {
  Input made = input(value.dtype(), Shape(std::span<const int64_t>(value.dims())));
  made.value = std::move(value);
  return made;
}

Input omitted() {
  Input made;
  made.present = false;
  return made;
}

Input list(std::initializer_list<int64_t> values) { return constant<int64_t>({static_cast<int64_t>(values.size())}, values); }
Input scalar(int64_t value) { return constant<int64_t>({}, {value}); }

Case& Case::named(std::string text) {
  remark = std::move(text);
  return *this;
}
Case& Case::with_outputs(size_t count) {
  outputs = count;
  return *this;
}
Case& Case::fails(std::string text) {
  failure = std::move(text);
  return *this;
}
Case& Case::runs(std::vector<DimBindings> bindings) {
  sizes = std::move(bindings);
  return *this;
}
Case& Case::sums(int64_t count, double size) {
  accumulated = count;
  terms = size;
  return *this;
}

Case& Case::one_step() {
  between_steps = true;
  return *this;
}

std::string Case::text() const {
  std::string text = op.text() + "(";
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Input& one = inputs[i];
    if (i > 0) text += ", ";
    text += not one.present ? "_" : fmt::format("{}{}{}", name_of(one.dtype), one.shape.text(), one.constant ? " constant" : "");
  }
  return text + (remark.empty() ? ")" : ") " + remark);
}

Case& Cases::add(Op op, std::vector<Input> inputs) {
  Case one;
  one.name = fmt::format("{}/{}", family_, cases_.size());
  one.op = std::move(op);
  one.inputs = std::move(inputs);
  return cases_.emplace_back(std::move(one));
}

bool add_family(std::string_view name, Fill fill) { return families().emplace(name, fill).second; }

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& [name, fill] : families()) {
    Cases cases(name);
    in_context([&] { return "the cases of " + name; }, [&] { fill(cases); });
    for (Case& one : cases.take()) all.push_back(std::move(one));
  }
  return all;
}

void PrintTo(const Case& one, std::ostream* out) { *out << one.text(); }

Graph graph_of(const Case& one) {
  Graph graph;
  graph.name = one.name;
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    const Input& each = one.inputs[i];
    if (not each.present) {
      inputs.emplace_back();
    } else if (each.constant) {
      inputs.push_back(graph.add_constant(elements_of(each, {}, seed_of(one, i))));
    } else {
      inputs.push_back(graph.add_input(fmt::format("input_{}", i), TensorType{each.dtype, each.shape, {}}));
      for (const Dim& dim : each.shape)
        for (const std::string& symbol : dim.symbols()) graph.symbols.try_emplace(symbol);
    }
  }
  const NodeId node = graph.add_node(one.op, std::move(inputs), one.outputs);
  for (const ValueId output : graph.node(node).outputs) graph.add_output(output);
  return graph;
}

std::vector<Tensor> data_for(const Case& one, const DimBindings& sizes) {
  std::vector<Tensor> data;
  for (size_t i = 0; i < one.inputs.size(); ++i)
    if (one.inputs[i].present and not one.inputs[i].constant) data.push_back(elements_of(one.inputs[i], sizes, seed_of(one, i)));
  return data;
}

}  // namespace burnish::suite
