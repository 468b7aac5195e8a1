// The operator suite on the reference evaluation itself: every case infers, evaluates, gives the shape that was inferred, and finite numbers;
// cases that must fail do so with the words they name. The text form of every operator reads back.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "ir/evaluate.h"
#include "ir/verify.h"
#include "runners/cases.h"

namespace burnish::suite {
namespace {

bool all_finite(const Tensor& tensor) {
  if (not is_floating(tensor.dtype())) return true;
  for (int64_t i = 0; i < tensor.size(); ++i)
    if (not std::isfinite(tensor.number(i))) return false;
  return true;
}

/// Sizes that inference knows must be those that evaluation gives.
void expect_inferred(const TensorType& type, const DimBindings& sizes, const Tensor& result) {
  ASSERT_EQ(type.dtype, result.dtype());
  ASSERT_EQ(type.shape.rank(), result.rank()) << type.text() << " against " << text_of(result.dims());
  for (size_t axis = 0; axis < result.rank(); ++axis) {
    const auto known = type.shape[axis].substituted(sizes).constant();
    EXPECT_EQ(known.value_or(result.dim(axis)), result.dim(axis)) << type.text() << " axis " << axis;
  }
}

std::vector<Tensor> evaluated(const Case& one, const DimBindings& sizes) { return evaluate(graph_of(one), data_for(one, sizes)); }

void expect_failure(const Case& one) {
  try {
    evaluated(one, one.sizes.front());
  } catch (const Error& error) {
    EXPECT_NE(error.message().find(*one.failure), std::string::npos) << "the message is: " << error.message();
    return;
  }
  ADD_FAILURE() << "this must fail with: " << *one.failure;
}

class ReferenceSuite : public testing::TestWithParam<Case> {};

TEST_P(ReferenceSuite, EvaluatesAsInferred) {
  const Case& one = GetParam();
  SCOPED_TRACE(one.text());
  EXPECT_EQ(Op::parse(one.op.text()), one.op);
  if (one.failure) return expect_failure(one);
  const Graph graph = graph_of(one);
  verify(graph);
  for (const DimBindings& sizes : one.sizes) {
    const std::vector<Tensor> results = evaluated(one, sizes);
    ASSERT_EQ(results.size(), one.outputs);
    for (size_t i = 0; i < results.size(); ++i) {
      expect_inferred(graph.type(graph.outputs()[i]), sizes, results[i]);
      EXPECT_TRUE(all_finite(results[i]));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ReferenceSuite, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace burnish::suite
