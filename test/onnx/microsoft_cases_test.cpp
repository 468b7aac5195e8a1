// com.microsoft operators against what ONNX Runtime made of the same small models (tools/make_microsoft_cases.py).
#include <gtest/gtest.h>

#include "burnish/build.h"
#include "burnish/engine.h"
#include "ir/evaluate.h"
#include "onnx/cases.h"
#include "onnx/compare.h"
#include "onnx/import.h"

namespace burnish::test {
namespace {

constexpr size_t expected_cases = 39;

/// ONNX Runtime quantizes what an LSTM computes with; ours stays in float. Its integer kernels may round a quantized result to the next step.
double absolute_tolerance(const OnnxCase& one, const Tensor& output) {
  if (is_integer(output.dtype())) return 1;
  return one.name == "dynamic_quantize_lstm" ? 0.02 : 1e-5;
}

void expect_outputs(const OnnxCase& one, const DataSet& set, const std::vector<Tensor>& outputs) {
  ASSERT_EQ(outputs.size(), set.outputs.size()) << one.name;
  for (size_t i = 0; i < outputs.size(); ++i)
    EXPECT_EQ(difference(set.outputs[i], outputs[i], one.rtol, absolute_tolerance(one, outputs[i])), "") << one.name << ", output " << i;
}

TEST(MicrosoftCases, Reference) {
  const std::vector<OnnxCase> cases = find_cases_in("test/onnx/microsoft", "");
  ASSERT_GE(cases.size(), expected_cases);
  for (const OnnxCase& one : cases)
    for (const DataSet& set : read_data_sets(one)) expect_outputs(one, set, evaluate(onnx::import_model(one.model).graph, set.inputs));
}

TEST(MicrosoftCases, Cpu) {
  const std::vector<OnnxCase> cases = find_cases_in("test/onnx/microsoft", "");
  ASSERT_GE(cases.size(), expected_cases);
  BuildConfig config;
  config.backend = "cpu";
  config.optimization_level = 0;
  for (const OnnxCase& one : cases)
    for (const DataSet& set : read_data_sets(one)) {
      Session session(build(one.model, config));
      expect_outputs(one, set, session.run(set.inputs));
    }
}

}  // namespace
}  // namespace burnish::test
