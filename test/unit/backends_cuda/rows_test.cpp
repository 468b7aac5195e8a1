// How rows are laid out and shared between threads, and that what is generated for them compiles.
#include "backends/cuda/kernels/rows.h"

#include "unit/backends_cuda/compiles.h"

namespace burnish::cuda {
namespace {

using enum DType;

/// A row-major tensor whose axes from `first` on are rows, with one result for each element.
RowProblem problem_of(DType storage, const Dims& dims, size_t first, std::string state) {
  RowProblem problem;
  problem.storage = storage;
  problem.state = std::move(state);
  problem.state_bytes = 12;
  problem.tail.expr.outputs = {problem.tail.expr.add_input(is_floating(storage) ? f32 : storage)};
  problem.outputs = {storage};
  int64_t stride = 1;
  for (size_t axis = dims.size(); axis-- > 0; stride *= dims[axis])
    problem.axes.insert(problem.axes.begin(),
                        {.extent = dims[axis], .inner = axis >= first, .input = stride, .operands = {}, .outputs = {stride}});
  return problem;
}

/// The first axis is the row: neighbours in memory belong to different rows.
RowProblem across(DType storage, int64_t length, int64_t rows, std::string state) {
  RowProblem problem = problem_of(storage, {length, rows}, 2, std::move(state));
  problem.axes[0].inner = true;
  return problem;
}

TEST(RowPlan, MergesAxesAndLoadsNeighboursTogether) {
  const RowPlan plan = row_plan(problem_of(f16, {8, 12, 64}, 2, ""));
  EXPECT_TRUE(plan.along);
  EXPECT_EQ(plan.width, 8);
  EXPECT_EQ(plan.outer.size(), 1U);
  EXPECT_EQ(plan.groups, 96);
  EXPECT_EQ(plan.count, 8);
  EXPECT_EQ(row_plan(problem_of(f16, {8, 197}, 1, "")).width, 1);
  EXPECT_EQ(row_plan(problem_of(f32, {8, 196}, 1, "")).width, 4);
}

TEST(RowPlan, HoldsRowsInRegistersWhileTheyFit) {
  for (const int64_t length : {1, 7, 33, 768, 1000, 4096, 32768}) {
    const RowPlan plan = row_plan(problem_of(f32, {4096, length}, 1, ""));
    EXPECT_FALSE(plan.loops) << length;
    EXPECT_GE(int64_t{plan.held} * plan.team, plan.count) << length;
    EXPECT_LE(plan.threads(), 1024) << length;
  }
  EXPECT_TRUE(row_plan(problem_of(f32, {4096, 50001}, 1, "")).loops);
}

TEST(RowPlan, CutsFewLongRowsIntoSegments) {
  const RowProblem problem = problem_of(f16, {2, 1 << 22}, 1, "");
  const RowPlan plan = row_plan(problem);
  EXPECT_GT(plan.segments, 32);
  EXPECT_GE(plan.segments * plan.segment, plan.count);
  EXPECT_GT(plan.workspace(problem), 0);
  EXPECT_EQ(row_plan(problem_of(f16, {4096, 1 << 13}, 1, "")).segments, 1);
  EXPECT_GT(row_plan(across(f16, 1 << 18, 32, "")).segments, 8);
}

TEST(RowPlan, WalksAcrossRowsWhereNeighboursAreOthers) {
  const RowPlan plan = row_plan(across(f16, 49, 1280, ""));
  EXPECT_FALSE(plan.along);
  EXPECT_EQ(plan.width, 8);
  EXPECT_EQ(plan.groups, 160);
  EXPECT_EQ(plan.threads() % 32, 0);
}

void expect_rows_compile(const RowProblem& problem) { expect_compiles(rows_source(problem, row_plan(problem))); }

TEST(Rows, SoftmaxCompiles) {
  BURNISH_NEEDS_NVRTC();
  expect_rows_compile(problem_of(f16, {4096, 768}, 1, "SoftmaxState<float, false, true>"));
  expect_rows_compile(problem_of(f32, {64, 197}, 1, "SoftmaxState<float, true, false>"));
  expect_rows_compile(problem_of(f64, {64, 2000}, 1, "SoftmaxState<double, false, false>"));
  expect_rows_compile(across(bf16, 21, 1 << 16, "SoftmaxState<float, false, true>"));
}

TEST(Rows, NormalizationsCompile) {
  BURNISH_NEEDS_NVRTC();
  expect_rows_compile(problem_of(bf16, {4096, 768}, 1, "MomentsState<float, true>"));
  expect_rows_compile(problem_of(f16, {4, 1 << 22}, 1, "MomentsState<float, true>"));
  expect_rows_compile(problem_of(f32, {8, 4096}, 1, "MomentsState<float, false>"));
  expect_rows_compile(across(f16, 1 << 16, 64, "MomentsState<float, true>"));
}

TEST(Rows, ReductionsCompile) {
  BURNISH_NEEDS_NVRTC();
  for (const char* kind : {"sum", "mean", "max", "min", "prod", "l1", "l2", "log_sum", "sum_square"}) {
    RowProblem problem = across(f16, 49, 1280, fmt::format("ReductionState<float, Reduction::{}>", kind));
    problem.each_element = false;
    expect_rows_compile(problem);
  }
  RowProblem integers = problem_of(i64, {5, 100}, 1, "ReductionState<i64, Reduction::min>");
  integers.each_element = false;
  expect_rows_compile(integers);
  RowProblem place = problem_of(f32, {5, 1000}, 1, "ArgState<float, true, false>");
  place.each_element = false;
  place.tail.expr = Expr{};
  place.tail.expr.outputs = {place.tail.expr.add_input(i64)};
  place.outputs = {i64};
  expect_rows_compile(place);
}

}  // namespace
}  // namespace burnish::cuda
