// Rows, the host's side: how a tensor's axes become rows, how threads share them, and the one kernel class of softmax, normalizations
// and reductions, whose tactics say what a row gathers (a state of row_states.cuh) and what follows. See rows.cuh for the device's side.
#pragma once

#include <memory>

#include "backends/cuda/kernels/constants.h"
#include "backends/cuda/kernels/tail.h"

namespace burnish::cuda {

/// One axis with its strides in the input, the tail's operands and the tail's outputs.
struct RowAxis {
  int64_t extent = 1;
  bool inner = false;  // within a row
  int64_t input = 0;
  Dims operands, outputs;
};

struct RowProblem {
  DType storage = DType::f32;  // of the input
  std::vector<RowAxis> axes;
  std::string state;         // its type in device code
  int64_t state_bytes = 4;   // at least
  bool each_element = true;  // whether there is a result for each element, or one for each row
  double parameter = 0;      // what the state is prepared with
  TailProgram tail;
  std::vector<DType> operands, outputs;  // stored types of the tail's
  std::vector<bool> constants;           // which of the operands are
};

/// The problem's own: input, tail and stored types, with axes as the tensors have them, those in `inner` within a row. With
/// `each_element` the output has the input's axes; otherwise those outside rows, in order, and the inner ones as 1 where `keeps_axes`.
RowProblem row_problem(const tactics::OpRequest& request, const tactics::Variant& variant, const std::vector<bool>& inner, TailProgram tail,
                       bool each_element, bool keeps_axes = true);

/// Splits an axis of the problem into `parts` and what is left, the latter within rows if `rest_inner`.
void split_axis(RowProblem& problem, size_t axis, int64_t parts, bool rest_inner);

/// How threads share the rows.
struct RowPlan {
  bool along = true;
  int width = 1, held = 1;
  bool loops = false;
  int team = 1, columns = 1;
  int64_t groups = 0, count = 0;  // see Rows in rows.cuh
  int64_t segments = 1, segment = 0;
  std::vector<RowAxis> outer, inner;  // merged, outermost first, never empty

  int threads() const { return team * columns; }
  int64_t blocks() const { return (groups + columns - 1) / columns; }
  int64_t rows() const { return groups * (along ? 1 : width); }
  int64_t workspace(const RowProblem& problem) const { return segments > 1 ? rows() * segments * problem.state_bytes : 0; }
};
RowPlan row_plan(const RowProblem& problem);

/// The whole source: entries `whole`, or `gather` and `finish` where rows are cut into segments.
std::string rows_source(const RowProblem& problem, const RowPlan& plan);

/// Sets workspace and estimate, and offers the variant.
void offer_rows(const tactics::OpRequest& request, const RowProblem& problem, tactics::Variant variant, tactics::VariantSink& sink);

std::unique_ptr<tactics::Kernel> rows_kernel(tactics::BuildContext& context, const tactics::OpRequest& request,
                                             const tactics::Variant& variant, const RowProblem& problem);

/// The type that rows of `storage` are summed in.
std::string row_accumulator(DType storage);
int64_t row_accumulator_bytes(DType storage);

}  // namespace burnish::cuda
