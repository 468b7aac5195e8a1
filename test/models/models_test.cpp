// Trained networks with the outputs their publishers stored beside them, and one network in two exports that must agree.
// The folder of models is named by the environment variable BURNISH_MODELS.
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "burnish/build.h"
#include "onnx/compare.h"
#include "onnx/proto.h"
#include "onnx/tensors.h"

namespace burnish::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* skipped = "BURNISH_MODELS does not name the folder of models: nothing of these networks is tested";

fs::path models() {
  const char* folder = std::getenv("BURNISH_MODELS");
  if (folder == nullptr) return {};
  const fs::path root = folder;
  return fs::exists(root / "real") ? root / "real" : root;
}

BuildConfig quick_config() {
  BuildConfig config;
  config.optimization_level = 0;
  config.threads = 2;
  config.default_dimension = 1;
  return config;
}
Engine build_quickly(const fs::path& model) { return build(model, quick_config()); }

struct Stored {
  std::string name;
  Tensor tensor;
};

/// input_0.pb, input_1.pb, ... or output_0.pb, ... in the order of the files.
std::vector<Stored> read_stored(const fs::path& folder, const std::string& kind) {
  std::vector<Stored> stored;
  for (int i = 0;; ++i) {
    const fs::path file = folder / fmt::format("{}_{}.pb", kind, i);
    if (not fs::exists(file)) return stored;
    ::onnx::TensorProto proto;
    if (not proto.ParseFromString(read_text(file))) fail("{} is no tensor", file.string());
    onnx::ExternalData nothing(folder, {}, false);
    stored.push_back({proto.name(), onnx::TensorReader(nothing).read(proto).clone()});
  }
}

/// The tensor of that name; where the file does not name it, the one at the same place.
const Tensor& match(const std::vector<Stored>& stored, const std::string& name, size_t index) {
  for (const Stored& one : stored)
    if (one.name == name) return one.tensor;
  return stored.at(index).tensor;
}

class StoredOutputs : public testing::TestWithParam<const char*> {};

TEST_P(StoredOutputs, AreMatched) {
  if (models().empty()) GTEST_SKIP() << skipped;
  const fs::path folder = models() / GetParam();
  const Engine engine = build_quickly(folder / "model.onnx");
  size_t sets = 0;
  for (;; ++sets) {
    const fs::path data = folder / fmt::format("test_data_set_{}", sets);
    if (not fs::exists(data)) break;
    const std::vector<Stored> stored_inputs = read_stored(data, "input"), stored_outputs = read_stored(data, "output");
    ASSERT_EQ(stored_outputs.size(), engine.outputs().size());
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < engine.inputs().size(); ++i) inputs.push_back(match(stored_inputs, engine.inputs()[i].name, i));
    const std::vector<Tensor> outputs = Session(engine).run(inputs);
    for (size_t i = 0; i < outputs.size(); ++i)
      EXPECT_EQ(difference(match(stored_outputs, engine.outputs()[i].name, i), outputs[i], 1e-3, 1e-5), "") << data << " output " << i;
  }
  EXPECT_GT(sets, 0U);
}

/// A network quantized while it was trained: every layer runs in integers, and the outputs are those stored, off by one step of the last
/// quantization at most.
TEST(QuantizedNetwork, RunsInIntegersAndMatchesItsStoredOutput) {
  if (models().empty()) GTEST_SKIP() << skipped;
  constexpr double last_step = 0.1531;
  const fs::path folder = models() / "mobilenet_v3_qdq";
  const Engine engine = build_quickly(folder / "model.onnx");
  const std::string plan = build_until(folder / "model.onnx", Stage::passes, quick_config());
  EXPECT_EQ(plan.find("= Conv"), std::string::npos) << "a convolution stayed in floating point";
  EXPECT_EQ(plan.find("= MatMul"), std::string::npos);
  EXPECT_EQ(plan.find("anchor=\"Conv"), std::string::npos);
  EXPECT_EQ(plan.find("= QuantizeLinear"), std::string::npos);
  const fs::path data = folder / "test_data_set_0";
  const std::vector<Tensor> inputs{read_stored(data, "input").at(0).tensor};
  const std::vector<Tensor> outputs = Session(engine).run(inputs);
  const Tensor expected = read_stored(data, "output").at(0).tensor;
  ASSERT_EQ(outputs.at(0).dims(), expected.dims());
  for (int64_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(outputs[0].number(i), expected.number(i), last_step) << i;
}

INSTANTIATE_TEST_SUITE_P(Models, StoredOutputs, testing::Values("mnist_8", "super_resolution_10", "tiny_tfbert_qa"));

}  // namespace
}  // namespace burnish::test
