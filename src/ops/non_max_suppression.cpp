// NonMaxSuppression: see the header.
#include "ops/non_max_suppression.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/isa.h"
#include "base/parallel.h"
#include "ops/elements.h"
#include "ops/inference.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {
namespace {

void check_shapes(const Shape& boxes, const Shape& scores) {
  const bool ranks = boxes.rank() == 3 and scores.rank() == 3 and boxes[2].constant().value_or(4) == 4;
  const auto agree = [](const Dim& a, const Dim& b) { return not a.is_constant() or b.constant().value_or(a.value()) == a.value(); };
  if (ranks and agree(boxes[0], scores[0]) and agree(boxes[1], scores[2])) return;
  fail("boxes must be [batch,boxes,4] and scores [batch,classes,boxes], but they are {} and {}", boxes.text(), scores.text());
}

void infer(const NonMaxSuppression&, InferContext& context) {
  context.expect_inputs(2, 5);
  check_shapes(context.shape(0), context.shape(1));
  for (const size_t i : {0U, 1U})
    if (not is_floating(context.dtype(i))) fail("boxes and scores must be floating, but input {} is {}", i, name_of(context.dtype(i)));
  for (size_t i = 2; i < 5; ++i)
    if (context.has_input(i)) expect_one_element(context, i, "each limit of NonMaxSuppression");
  context.output(0, DType::i64, {context.unknown_dim(), Dim(3)});
}

struct Box {
  double top, left, bottom, right;
  double area() const { return (bottom - top) * (right - left); }
};

Box box_at(const NonMaxSuppression& op, const Tensor& boxes, int64_t index) {
  const auto read = [&](int64_t i) { return boxes.number(index * 4 + i); };
  if (op.center_point_box) return {read(1) - read(3) / 2, read(0) - read(2) / 2, read(1) + read(3) / 2, read(0) + read(2) / 2};
  return {std::min(read(0), read(2)), std::min(read(1), read(3)), std::max(read(0), read(2)), std::max(read(1), read(3))};
}

/// Boxes kept so far, one array for each side, so that one candidate meets several at once.
class Kept {
 public:
  void add(const Box& box) {
    top_.push_back(box.top);
    left_.push_back(box.left);
    bottom_.push_back(box.bottom);
    right_.push_back(box.right);
  }

  bool any_overlaps(const Box& box, double limit) const {
    for (size_t begin = 0; begin < top_.size(); begin += block)
      if (largest_overlap(box, &top_[begin], &left_[begin], &bottom_[begin], &right_[begin], std::min(block, top_.size() - begin)) > limit)
        return true;
    return false;
  }

 private:
  static constexpr size_t block = 64;  // so many are compared before looking whether one was enough

  BURNISH_FOR_EACH_ISA static double largest_overlap(Box box, const double* top, const double* left, const double* bottom,
                                                     const double* right, size_t count) {
    const double area = box.area();
    double largest = 0;
#pragma omp simd reduction(max : largest)
    for (size_t i = 0; i < count; ++i) {
      const double low = box.bottom < bottom[i] ? box.bottom : bottom[i];
      const double high = box.top > top[i] ? box.top : top[i];
      const double end = box.right < right[i] ? box.right : right[i];
      const double begin = box.left > left[i] ? box.left : left[i];
      const double height = low > high ? low - high : 0;
      const double width = end > begin ? end - begin : 0;
      const double shared = height * width;
      const double whole = area + (bottom[i] - top[i]) * (right[i] - left[i]) - shared;
      const double overlap = shared / (shared > 0 ? whole : 1);
      largest = overlap > largest ? overlap : largest;
    }
    return largest;
  }

  std::vector<double> top_, left_, bottom_, right_;
};

struct Limits {
  int64_t per_class = 0;
  double overlap = 0;
  double score = -std::numeric_limits<double>::infinity();
};

/// The boxes chosen for one class of one image, best first.
std::vector<int64_t> chosen(std::span<const Box> boxes, std::span<const double> scores, const Limits& limits) {
  std::vector<int64_t> order;
  for (size_t i = 0; i < scores.size(); ++i)
    if (scores[i] > limits.score) order.push_back(static_cast<int64_t>(i));
  std::ranges::stable_sort(order, [&](int64_t a, int64_t b) { return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)]; });
  std::vector<int64_t> chosen;
  Kept kept;
  for (const int64_t candidate : order) {
    if (static_cast<int64_t>(chosen.size()) >= limits.per_class) break;
    const Box& box = boxes[static_cast<size_t>(candidate)];
    if (kept.any_overlaps(box, limits.overlap)) continue;
    kept.add(box);
    chosen.push_back(candidate);
  }
  return chosen;
}

Limits limits_of(const EvalContext& context) {
  Limits limits;
  if (context.has_input(2)) limits.per_class = single_integer(context.input(2), "max_output_boxes_per_class");
  if (context.has_input(3)) limits.overlap = single_number(context.input(3), "iou_threshold");
  if (context.has_input(4)) limits.score = single_number(context.input(4), "score_threshold");
  return limits;
}

void reference(const NonMaxSuppression& op, EvalContext& context) {
  const Tensor& boxes = context.input(0);
  const Tensor& scores = context.input(1);
  check_shapes(Shape(boxes.dims()), Shape(scores.dims()));
  const Limits limits = limits_of(context);
  const int64_t count = boxes.dim(1);
  const int64_t classes = scores.dim(1);
  std::vector<Box> image_boxes;
  for (int64_t i = 0; i < boxes.dim(0) * count; ++i) image_boxes.push_back(box_at(op, boxes, i));
  std::vector<std::vector<int64_t>> results(static_cast<size_t>(scores.dim(0) * classes));
  parallel_for(scores.dim(0) * classes, grain_for(count * 64), [&](int64_t begin, int64_t end) {
    std::vector<double> class_scores(static_cast<size_t>(count));
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t k = 0; k < count; ++k) class_scores[static_cast<size_t>(k)] = scores.number(i * count + k);
      const auto first = static_cast<size_t>(i / classes * count);
      results[static_cast<size_t>(i)] = chosen(std::span(image_boxes).subspan(first, static_cast<size_t>(count)), class_scores, limits);
    }
  });
  std::vector<int64_t> rows;
  for (size_t i = 0; i < results.size(); ++i)
    for (const int64_t box : results[i])
      rows.insert(rows.end(), {static_cast<int64_t>(i) / classes, static_cast<int64_t>(i) % classes, box});
  context.set_output(0, Tensor::of<int64_t>({static_cast<int64_t>(rows.size() / 3), 3}, std::span<const int64_t>(rows)));
}

NonMaxSuppression import(const ImportContext& context) { return {.center_point_box = context.flag_or("center_point_box", false)}; }

}  // namespace

void register_non_max_suppression(Registry& registry) {
  registry.add<NonMaxSuppression>({.name = "NonMaxSuppression",
                                   .infer = infer,
                                   .reference = reference,
                                   .onnx = {{.name = "NonMaxSuppression", .since = 10, .import = import}},
                                   .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
