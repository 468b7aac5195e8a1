// Operator cases that know no backend: an operator, its inputs, and nothing about how it is computed. Runners (test/runners) take all of
// them and compare what they test with the reference. One file per family of operators fills the list between BURNISH_CASES(family) braces.
// A case never holds expected values: the reference, which the official ONNX cases judge, is the expectation.
#pragma once

#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/tensor.h"
#include "ir/graph.h"

namespace burnish::suite {

using enum DType;

/// One input of a case: random elements within bounds, or given ones; fed while running, or a constant of the graph.
struct Input {
  bool present = true;
  bool constant = false;
  DType dtype = f32;
  Shape shape;
  double low = -2;
  double high = 2;
  std::optional<Tensor> value;

  Input between(double least, double most) const;
  Input fixed() const;  // the same as a constant of the graph: weights
};

/// Random elements. Floating types hold multiples of 1/8 within the bounds, whole numbers beyond 32 (so that narrow types hold them exactly), integers
/// whole numbers, strings a letter each.
Input input(DType dtype, Shape shape);
Input weights(DType dtype, Shape shape);
/// i64 indices below `extent`, each valid, some negative unless `positive`.
Input indices(int64_t extent, Shape shape, bool positive = false);
Input given(Tensor value);
Input omitted();
template <class T>
Input constant(Dims dims, std::initializer_list<T> values) {
  return given(Tensor::of<T>(std::move(dims), values)).fixed();
}
/// A constant i64 vector: axes, shapes, pads.
Input list(std::initializer_list<int64_t> values);
Input scalar(int64_t value);

struct Case {
  std::string name;  // "gather/3": unique; `text` says what it is
  Op op;
  std::vector<Input> inputs;
  size_t outputs = 1;
  std::string remark;
  std::optional<std::string> failure;  // where set, inference or evaluation must throw an Error that holds this text
  std::vector<DimBindings> sizes{{}};  // sizes of the symbols, one run for each entry
  /// Terms summed into one result: tolerances grow with it.
  int64_t accumulated = 1;
  /// How large the terms are, where they may cancel; 0: as large as the largest result.
  double terms = 0;
  /// Integer results are quantized: rounding a number that lies between two of them may go either way.
  bool between_steps = false;

  Case& named(std::string text);
  Case& with_outputs(size_t count);
  Case& fails(std::string text);
  Case& runs(std::vector<DimBindings> bindings);
  Case& sums(int64_t count, double size = 0);
  Case& one_step();

  std::string text() const;
};

class Cases {
 public:
  explicit Cases(std::string family) : family_(std::move(family)) {}
  Case& add(Op op, std::vector<Input> inputs);
  std::vector<Case> take() { return std::move(cases_); }

 private:
  std::string family_;
  std::vector<Case> cases_;
};

using Fill = void (*)(Cases&);
bool add_family(std::string_view name, Fill fill);
/// The cases of all families, by name.
std::vector<Case> all_cases();

/// For test reports.
void PrintTo(const Case& one, std::ostream* out);

/// The one-node graph of a case: its runtime inputs are graph inputs, in order.
Graph graph_of(const Case& one);
/// Elements for the graph's inputs; the same for the same case and sizes.
std::vector<Tensor> data_for(const Case& one, const DimBindings& sizes);

}  // namespace burnish::suite

#define BURNISH_CASES(family)                                                                                \
  static void fill_##family(burnish::suite::Cases& cases);                                                   \
  [[maybe_unused]] static const bool family##_is_added = burnish::suite::add_family(#family, fill_##family); \
  static void fill_##family(burnish::suite::Cases& cases)
