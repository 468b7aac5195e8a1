// Golden tests of passes: golden/passes/<pass>/<case>.ir holds a graph before, a line `---`, and the graph after, or the word
// `unchanged`. Graphs are compared by structure, so neither names nor the order of independent nodes matter; then both are evaluated
// on random inputs and must agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <random>

#include "base/file.h"
#include "base/text.h"
#include "ir/evaluate.h"
#include "ir/text.h"
#include "passes/pipeline.h"

namespace burnish::passes {
namespace {

const std::filesystem::path folder = "test/golden/passes";

std::string constant_text(const Tensor& tensor) {
  std::string text = fmt::format("{}[{}]{{", name_of(tensor.dtype()), fmt::join(tensor.dims(), ","));
  for (int64_t i = 0; i < tensor.size(); ++i) text += fmt::format("{}{:.6g}", i == 0 ? "" : " ", tensor.number(i));
  return text + "}";
}

/// The text of a graph as its outputs reach it: equal for graphs that differ only in names and in the order of independent nodes.
class Canonical {
 public:
  explicit Canonical(const Graph& graph) : graph_(graph) {}

  std::string text() {
    std::string outputs = "output";
    for (const ValueId id : graph_.outputs()) outputs += " " + value(id);
    return lines_ + outputs + "\n";
  }

 private:
  std::string value(ValueId id) {
    if (not id.valid()) return "_";
    if (const Tensor* tensor = graph_.constant(id)) return constant_text(*tensor);
    const Value& value = graph_.value(id);
    if (value.is_input) return value.name;
    return fmt::format("v{}", node(value.producer) + index_of(graph_.node(value.producer).outputs, id));
  }

  static size_t index_of(const std::vector<ValueId>& ids, ValueId id) {
    return static_cast<size_t>(std::ranges::find(ids, id) - ids.begin());
  }

  /// The number of the node's first output; writes the node's line where it has none yet.
  size_t node(NodeId id) {
    if (const auto known = first_.find(id.index); known != first_.end()) return known->second;
    const Node& node = graph_.node(id);
    std::string inputs;
    for (const ValueId input : node.inputs) inputs += (inputs.empty() ? "" : ", ") + value(input);
    const size_t first = next_;
    next_ += node.outputs.size();
    first_[id.index] = first;
    std::string types;
    for (const ValueId output : node.outputs) types += " " + graph_.type(output).text();
    lines_ += fmt::format("v{}:{} = {}({})\n", first, types, node.op.text(), inputs);
    return first;
  }

  const Graph& graph_;
  std::string lines_;
  std::map<uint32_t, size_t> first_;
  size_t next_ = 0;
};

std::vector<Tensor> random_inputs(const Graph& graph) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs()) {
    const TensorType& type = graph.type(id);
    DimBindings three;
    for (const Dim& dim : type.shape)
      for (const std::string& symbol : dim.symbols()) three[symbol] = 3;
    Tensor tensor(type.dtype, type.shape.substituted(three).dims());
    for (int64_t i = 0; i < tensor.size(); ++i) {
      if (is_floating(type.dtype)) tensor.set_number(i, normal(random));
      else tensor.set_integer(i, static_cast<int64_t>(random() % 2));
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

void expect_same(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.dtype(), b.dtype());
  ASSERT_EQ(a.dims(), b.dims());
  double largest = 0;
  for (int64_t i = 0; i < a.size(); ++i)
    if (std::isfinite(a.number(i))) largest = std::max(largest, std::abs(a.number(i)));
  for (int64_t i = 0; i < a.size(); ++i) {
    const double x = a.number(i);
    const double y = b.number(i);
    if (x == y or (std::isnan(x) and std::isnan(y))) continue;
    ASSERT_LE(std::abs(x - y), 1e-5 * largest) << "element " << i;
  }
}

struct Case {
  std::string pass;
  std::string name;
  std::filesystem::path file;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.file.string(); }

std::vector<Case> cases() {
  std::vector<Case> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".ir") found.push_back({entry.path().parent_path().filename(), entry.path().stem(), entry.path()});
  std::ranges::sort(found, {}, &Case::file);
  return found;
}

bool run_alone(const Pass& pass, Graph& graph) {
  bool changed = false;
  Pass watched = pass;
  watched.run = [&](Graph& inner) {
    const bool now = pass.run(inner);
    changed |= now;
    return now;
  };
  ManagerConfig config;
  config.verify_types = true;
  run(graph, std::vector<Stage>{{.passes = {watched}}}, config);
  return changed;
}

class GoldenPass : public testing::TestWithParam<Case> {};

TEST_P(GoldenPass, ChangesTheGraphAsWritten) {
  const std::string text = read_text(GetParam().file);
  const size_t cut = text.find("\n---\n");
  ASSERT_NE(cut, std::string::npos) << "the file needs a line ---";
  const std::string_view after = trim(std::string_view(text).substr(cut + 5));
  const std::optional<Pass> pass = find(GetParam().pass);
  ASSERT_TRUE(pass) << "no pass is called " << GetParam().pass;

  const Graph before = parse_graph(std::string_view(text).substr(0, cut + 1));
  Graph graph = parse_graph(std::string_view(text).substr(0, cut + 1));
  const bool changed = run_alone(*pass, graph);
  EXPECT_EQ(changed, after != "unchanged") << print(graph);
  const Graph expected = after == "unchanged" ? parse_graph(std::string_view(text).substr(0, cut + 1)) : parse_graph(after);
  EXPECT_EQ(Canonical(graph).text(), Canonical(expected).text()) << print(graph);
  EXPECT_FALSE(run_alone(*pass, graph)) << "a second run must have nothing to do\n" << print(graph);

  const std::vector<Tensor> inputs = random_inputs(before);
  const std::vector<Tensor> want = evaluate(before, inputs);
  const std::vector<Tensor> have = evaluate(graph, inputs);
  ASSERT_EQ(want.size(), have.size());
  for (size_t i = 0; i < want.size(); ++i) expect_same(want[i], have[i]);
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenPass, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.pass + "__" + info.param.name; });

TEST(GoldenPasses, EveryPassHasCasesWhereItActsAndWhereItMustNot) {
  for (const PassInfo& pass : list()) {
    size_t acting = 0;
    size_t resting = 0;
    for (const Case& one : cases())
      if (one.pass == pass.name) ++(trim(read_text(one.file)).ends_with("unchanged") ? resting : acting);
    EXPECT_GE(acting, 1U) << pass.name;
    EXPECT_GE(resting, 1U) << pass.name;
  }
}

}  // namespace
}  // namespace burnish::passes
