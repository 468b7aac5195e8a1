// What the optimizers of ai.onnx.preview.training share: a learning rate, a count of updates, and groups of tensors that are updated alike.
// Called by the importers of Adagrad, Adam and Momentum, which compose each update of pointwise nodes.
#pragma once

#include "ops/pointwise_import.h"

namespace burnish::ops {

/// Arithmetic on values of one type; numbers become constants.
class TrainingStep {
 public:
  TrainingStep(ImportContext& context, size_t groups);

  size_t tensors() const { return tensors_; }
  /// Tensor `index` of a group: the variables, their gradients, ...
  ValueId input(size_t group, size_t index) const { return context_.input(2 + group * tensors_ + index); }
  /// Results are listed group after group as well.
  void set_output(size_t group, size_t index, ValueId value) { context_.set_output(group * tensors_ + index, value); }

  ValueId rate(DType dtype) { return cast_to(context_, context_.input(0), dtype); }
  ValueId count(DType dtype) { return cast_to(context_, context_.input(1), dtype); }
  /// `late` where there were updates before, else `first`.
  ValueId after_first(ValueId late, ValueId first);

  ValueId op(ExprCode code, ValueId a, ValueId b) { return add_pointwise(context_, code, {a, b}); }
  ValueId op(ExprCode code, ValueId a, double b) { return add_pointwise(context_, code, a, b); }
  ValueId op(ExprCode code, double a, ValueId b);
  ValueId root(ValueId a) { return add_pointwise(context_, ExprCode::sqrt, {a}); }
  /// The gradient with that of a quadratic penalty.
  ValueId regularized(ValueId variable, ValueId gradient);

 private:
  ImportContext& context_;
  size_t tensors_ = 0;
};

}  // namespace burnish::ops
