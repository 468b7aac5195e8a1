// Every official ONNX backend case, on every runner, against the suite's own outputs and tolerances. All cases run in one process;
// what each did stands in reports/onnx_<runner>.txt of the build folder.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "burnish/build.h"
#include "burnish/engine.h"
#include "ir/evaluate.h"
#include "onnx/cases.h"
#include "onnx/compare.h"
#include "onnx/expectations.h"
#include "onnx/import.h"
#include "tactics/registry.h"

namespace burnish::test {
namespace {

// What the package holds. Fewer means that a package without the cases is installed, and that nothing would be tested.
constexpr size_t expected_cases = 1905;
constexpr size_t expected_light_cases = 9;

using Runner = std::function<std::vector<Tensor>(const std::filesystem::path& model, const std::vector<Tensor>& inputs)>;

std::vector<Tensor> run_reference(const std::filesystem::path& model, const std::vector<Tensor>& inputs) {
  return evaluate(onnx::import_model(model).graph, inputs);
}

/// Compiled from estimates alone, for the shapes at hand.
std::vector<Tensor> run_on(const std::string& backend, const std::filesystem::path& model, const std::vector<Tensor>& inputs) {
  const std::string bytes = read_text(model);
  const Graph graph = onnx::import_model(std::as_bytes(std::span(bytes)), model.parent_path()).graph;
  BuildConfig config;
  config.backend = backend;
  config.optimization_level = 0;
  for (size_t i = 0; i < graph.inputs().size() and i < inputs.size(); ++i)
    if (inputs[i].is_tensor()) config.shapes[graph.value(graph.inputs()[i]).name] = {inputs[i].dims(), inputs[i].dims(), inputs[i].dims()};
  Session session(build(std::as_bytes(std::span(bytes)), config, model.parent_path()));
  return session.run(inputs);
}

std::vector<Tensor> run_cpu(const std::filesystem::path& model, const std::vector<Tensor>& inputs) { return run_on("cpu", model, inputs); }
std::vector<Tensor> run_cuda(const std::filesystem::path& model, const std::vector<Tensor>& inputs) {
  return run_on("cuda", model, inputs);
}

/// First sizes of inputs are open; the engine learns them from the case, after it was written and read again.
std::vector<Tensor> run_open(const std::filesystem::path& model, const std::vector<Tensor>& inputs) {
  const std::string bytes = with_open_inputs(read_text(model));
  BuildConfig config;
  config.backend = "cpu";
  config.optimization_level = 0;
  const Engine engine = build(std::as_bytes(std::span(bytes)), config, model.parent_path());
  Session session(Engine::open(engine.serialize()));
  session.run(inputs);
  return session.run(inputs);
}

/// Empty where the case passes.
std::string failure_of(const OnnxCase& one, const Runner& runner) {
  try {
    const std::vector<DataSet> sets = read_data_sets(one);
    if (sets.empty()) return "the case has no data";
    for (const DataSet& set : sets) {
      const std::vector<Tensor> outputs = runner(one.model, set.inputs);
      if (outputs.size() != set.outputs.size()) return fmt::format("{} outputs, expected {}", outputs.size(), set.outputs.size());
      for (size_t i = 0; i < outputs.size(); ++i)
        if (const std::string text = difference(set.outputs[i], outputs[i], one.rtol, one.atol); not text.empty())
          return fmt::format("output {}: {}", i, text);
    }
  } catch (const std::exception& error) {
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    return text;
  }
  return {};
}

/// Judged by the given list, and by one of the runner's own where that differs.
void run_all(const std::string& name, const Runner& runner, const std::vector<OnnxCase>& cases, const std::string& list) {
  Expectations expectations(fmt::format("test/runners/{}_expectations.txt", list));
  if (name != list) expectations.add(fmt::format("test/runners/{}_expectations.txt", name));
  std::filesystem::create_directories(ONNX_REPORTS);
  std::ofstream report(fmt::format("{}/onnx_{}.txt", ONNX_REPORTS, name));
  size_t passed = 0;
  for (const OnnxCase& one : cases) {
    report << one.name << ": " << std::flush;  // so that the last line names a case that crashes
    const std::string failure = failure_of(one, runner);
    report << (failure.empty() ? "ok" : failure) << '\n';
    const std::string* reason = expectations.reason(one.name);
    passed += failure.empty() ? 1 : 0;
    if (reason == nullptr and not failure.empty()) ADD_FAILURE() << one.name << ": " << failure;
    if (reason != nullptr and failure.empty() and not reason->starts_with("random:"))
      ADD_FAILURE() << one.name << " passes, but is expected to fail: " << *reason;
  }
  for (const std::string& pattern : expectations.unused()) ADD_FAILURE() << "the expectation `" << pattern << "` matches no case";
  std::cout << fmt::format("{}: {} of {} official cases pass\n", name, passed, cases.size());
}

TEST(OnnxCases, Reference) {
  const std::vector<OnnxCase> cases = find_cases(ONNX_CASES);
  ASSERT_GE(cases.size(), expected_cases);
  run_all("ref", run_reference, cases, "ref");
}

TEST(OnnxCases, Cpu) {
  std::vector<OnnxCase> cases = find_cases(ONNX_CASES);
  const std::vector<OnnxCase> light = find_light_cases(ONNX_CASES);
  cases.insert(cases.end(), light.begin(), light.end());
  ASSERT_GE(cases.size(), expected_cases + expected_light_cases);
  run_all("cpu", run_cpu, cases, "cpu");
}

TEST(OnnxCases, Open) {
  const std::vector<OnnxCase> cases = find_cases(ONNX_CASES);
  ASSERT_GE(cases.size(), expected_cases);
  run_all("open", run_open, cases, "cpu");
}

/// On a GPU, what passes on the CPU. In parts, so that shards of the test compile their kernels side by side.
class OnnxCasesOnGpu : public testing::TestWithParam<size_t> {};
constexpr size_t gpu_parts = 16;

TEST_P(OnnxCasesOnGpu, Pass) {
  const tactics::Backend* cuda = tactics::registry().find_backend("cuda");
  if (cuda == nullptr) GTEST_SKIP() << "this build has no cuda backend";
  if (const std::string reason = cuda->unavailable(); not reason.empty()) GTEST_SKIP() << "cuda is unavailable: " << reason;
  const std::vector<OnnxCase> cases = find_cases(ONNX_CASES);
  ASSERT_GE(cases.size(), expected_cases);
  Expectations expectations("test/runners/cpu_expectations.txt");
  size_t passed = 0, all = 0;
  for (size_t i = GetParam(); i < cases.size(); i += gpu_parts) {
    const std::string failure = failure_of(cases[i], run_cuda);
    passed += failure.empty() ? 1 : 0;
    ++all;
    if (not failure.empty() and expectations.reason(cases[i].name) == nullptr) ADD_FAILURE() << cases[i].name << ": " << failure;
  }
  std::cout << fmt::format("cuda, part {}: {} of {} official cases pass\n", GetParam(), passed, all);
}

INSTANTIATE_TEST_SUITE_P(Parts, OnnxCasesOnGpu, testing::Range(size_t{0}, gpu_parts));

}  // namespace
}  // namespace burnish::test
