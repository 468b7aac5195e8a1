// Einsum: see the header. The reference walks the output and, for each element, all summed axes.
#include "ops/einsum.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

/// A term's letters in order; '.' once for the ellipsis.
std::string letters_of(std::string_view term) {
  std::string letters;
  for (size_t i = 0; i < term.size(); ++i) {
    const char one = term[i];
    if (one == ' ') continue;
    if (term.substr(i, 3) == "..." and letters.find('.') == std::string::npos) {
      letters += '.';
      i += 2;
    } else if ((one >= 'a' and one <= 'z') or (one >= 'A' and one <= 'Z')) {
      letters += one;
    } else {
      fail("`{}` is no term of an equation: letters and one \"...\" are allowed", term);
    }
  }
  return letters;
}

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

Equation parsed(std::string_view text) {
  Equation equation;
  const size_t arrow = text.find("->");
  std::string_view left = text.substr(0, arrow);
  while (true) {
    const size_t comma = left.find(',');
    equation.inputs.push_back(letters_of(left.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    left.remove_prefix(comma + 1);
  }
  if (arrow != std::string_view::npos) {
    equation.output = letters_of(text.substr(arrow + 2));
    return equation;
  }
  // Without an output: the ellipsis, then all letters that stand once, in alphabetical order.
  std::map<char, size_t> uses;
  for (const std::string& input : equation.inputs)
    for (const char letter : input) ++uses[letter];
  if (uses.contains('.')) equation.output = ".";
  for (const auto& [letter, count] : uses)
    if (letter != '.' and count == 1) equation.output += letter;
  return equation;
}

/// The ellipsis' axes get the first numbers, aligned at the right; letters those after.
class Numbering {
 public:
  explicit Numbering(size_t ellipsis) : ellipsis_(ellipsis), next_(ellipsis) {}
  std::vector<size_t> input(const std::string& letters, size_t rank) {
    const bool open = letters.find('.') != std::string::npos;
    const size_t named = letters.size() - (open ? 1 : 0);
    if (rank < named or (not open and rank != named)) fail("the term `{}` does not fit an input of rank {}", letters, rank);
    return numbers(letters, rank - named, true);
  }
  std::vector<size_t> numbers(const std::string& letters, size_t hidden, bool may_add) {
    std::vector<size_t> result;
    for (const char letter : letters) {
      if (letter == '.') {
        for (size_t i = 0; i < hidden; ++i) result.push_back(ellipsis_ - hidden + i);
        continue;
      }
      if (not known_.contains(letter)) {
        if (not may_add) fail("the output has the axis `{}`, but no input has it", letter);
        known_[letter] = next_++;
      }
      result.push_back(known_[letter]);
    }
    return result;
  }
  size_t count() const { return next_; }

 private:
  size_t ellipsis_;
  size_t next_;
  std::map<char, size_t> known_;
};

Shape extents_of(const EinsumAxes& axes, const std::vector<Shape>& shapes) {
  Shape extents(std::vector<Dim>(axes.count, Dim(1)));
  for (size_t i = 0; i < shapes.size(); ++i)
    for (size_t axis = 0; axis < shapes[i].rank(); ++axis) {
      Dim& extent = extents[axes.inputs[i][axis]];
      extent = in_context([&] { return fmt::format("axis {} of input {}", axis, i); }, [&] { return broadcast(extent, shapes[i][axis]); });
    }
  return extents;
}

Shape output_shape(const EinsumAxes& axes, const Shape& extents) {
  Shape shape;
  for (const size_t axis : axes.output) shape.push_back(extents[axis]);
  return shape;
}

std::vector<size_t> ranks_of(const std::vector<Shape>& shapes) {
  std::vector<size_t> ranks;
  for (const Shape& shape : shapes) ranks.push_back(shape.rank());
  return ranks;
}

void infer(const Einsum& op, InferContext& context) {
  if (context.input_count() < 1) fail("Einsum needs an input");
  std::vector<Shape> shapes;
  for (size_t i = 0; i < context.input_count(); ++i) {
    context.expect_same_dtype(0, i);
    shapes.push_back(context.shape(i));
  }
  const DType dtype = context.dtype(0);
  if (not is_floating(dtype) and not is_integer(dtype)) fail("Einsum computes numbers, not {}", name_of(dtype));
  const EinsumAxes axes = einsum_axes(op, ranks_of(shapes));
  context.output(0, dtype, output_shape(axes, extents_of(axes, shapes)));
}

/// For each axis of the equation, how far one step moves in each input (0 where it does not have the axis, or broadcasts).
std::vector<Dims> strides_by_axis(const EinsumAxes& axes, const std::vector<const Tensor*>& inputs) {
  std::vector<Dims> strides(axes.count, Dims(inputs.size(), 0));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Dims own = row_major_strides(inputs[i]->dims());
    for (size_t axis = 0; axis < own.size(); ++axis)
      if (inputs[i]->dim(axis) != 1) strides[axes.inputs[i][axis]][i] += own[axis];
  }
  return strides;
}

template <class T>
struct Summation {
  std::vector<const T*> inputs;
  std::vector<Dims> strides;
  Dims extents;
  std::vector<size_t> summed;

  void sum(std::vector<int64_t>& offsets, size_t depth, Accumulator<T>& total) const {
    if (depth == summed.size()) {
      Accumulator<T> product = 1;
      for (size_t i = 0; i < inputs.size(); ++i) product *= static_cast<Accumulator<T>>(inputs[i][offsets[i]]);
      total += product;
      return;
    }
    const Dims& step = strides[summed[depth]];
    const int64_t extent = extents[summed[depth]];
    for (int64_t k = 0; k < extent; ++k) {
      sum(offsets, depth + 1, total);
      for (size_t i = 0; i < offsets.size(); ++i) offsets[i] += step[i];
    }
    for (size_t i = 0; i < offsets.size(); ++i) offsets[i] -= extent * step[i];
  }

  T element(int64_t index, const std::vector<size_t>& output) const {
    std::vector<int64_t> offsets(inputs.size(), 0);
    for (size_t i = output.size(); i-- > 0;) {
      const int64_t extent = extents[output[i]];
      for (size_t j = 0; j < offsets.size(); ++j) offsets[j] += index % extent * strides[output[i]][j];
      index /= extent;
    }
    Accumulator<T> total = 0;
    sum(offsets, 0, total);
    return static_cast<T>(total);
  }
};

void reference(const Einsum& op, EvalContext& context) {
  std::vector<const Tensor*> inputs;
  std::vector<Shape> shapes;
  for (size_t i = 0; i < context.input_count(); ++i) {
    inputs.push_back(&context.input(i));
    shapes.emplace_back(context.input(i).dims());
  }
  const EinsumAxes axes = einsum_axes(op, ranks_of(shapes));
  const Shape extents = extents_of(axes, shapes);
  Tensor& out = context.allocate(0, inputs.front()->dtype(), output_shape(axes, extents).dims());
  with_numbers(out.dtype(), [&](auto type) {
    using T = std::conditional_t<std::is_integral_v<decltype(type)>, uint64_t, decltype(type)>;
    std::vector<std::unique_ptr<Numbers<T>>> numbers;
    Summation<T> summation{.inputs = {}, .strides = strides_by_axis(axes, inputs), .extents = extents.dims(), .summed = {}};
    for (const Tensor* input : inputs) {
      numbers.push_back(std::make_unique<Numbers<T>>(*input));
      summation.inputs.push_back(numbers.back()->data());
    }
    for (size_t axis = 0; axis < axes.count; ++axis)
      if (std::ranges::find(axes.output, axis) == axes.output.end()) summation.summed.push_back(axis);
    NumbersOut<T> y(out);
    int64_t terms = 1;
    for (const size_t axis : summation.summed) terms *= summation.extents[axis];
    parallel_for(out.size(), grain_for(terms * 8), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = summation.element(i, axes.output);
    });
    y.store();
  });
}

Einsum import(const ImportContext& context) { return {.equation = context.require_string("equation")}; }

}  // namespace

EinsumAxes einsum_axes(const Einsum& op, const std::vector<size_t>& ranks) {
  const Equation equation = parsed(op.equation);
  if (equation.inputs.size() != ranks.size())
    fail("the equation `{}` has {} terms, but there are {} inputs", op.equation, equation.inputs.size(), ranks.size());
  size_t ellipsis = 0;
  for (size_t i = 0; i < ranks.size(); ++i)
    if (const std::string& term = equation.inputs[i]; term.find('.') != std::string::npos and ranks[i] + 1 > term.size())
      ellipsis = std::max(ellipsis, ranks[i] + 1 - term.size());
  Numbering numbering(ellipsis);
  EinsumAxes axes;
  for (size_t i = 0; i < ranks.size(); ++i) axes.inputs.push_back(numbering.input(equation.inputs[i], ranks[i]));
  axes.output = numbering.numbers(equation.output, ellipsis, false);
  std::vector<size_t> sorted = axes.output;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) fail("the output of `{}` names an axis twice", op.equation);
  axes.count = numbering.count();
  return axes;
}

void register_einsum(Registry& registry) {
  registry.add<Einsum>(
      {.name = "Einsum", .infer = infer, .reference = reference, .onnx = {{.name = "Einsum", .since = 12, .import = import}}});
}

}  // namespace burnish::ops
