// What the pass manager promises: dead nodes removed, changes verified and reported, bodies visited, faults named and kept.
#include "passes/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "ir/text.h"
#include "ops/identity.h"
#include "passes/pipeline.h"

namespace burnish::passes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view two_nodes = R"(graph "two" {
  %x: f32[2] = input
  %a: f32[2] = Identity(%x)
  %y: f32[2] = Identity(%a)
  output %y
}
)";

struct Nothing {
  static constexpr std::string_view name = "nothing";
  static constexpr std::string_view summary = "changes nothing";
  bool run(Graph&) const { return false; }
};

struct Bypass {
  static constexpr std::string_view name = "bypass";
  static constexpr std::string_view summary = "lets the last node read the input and leaves the first one dead";
  bool run(Graph& graph) const {
    Node& last = graph.mutable_node(graph.order().back());
    if (last.inputs[0] == graph.inputs()[0]) return false;
    graph.replace_uses(last.inputs[0], graph.inputs()[0]);
    return true;
  }
};

struct Corrupt {
  static constexpr std::string_view name = "corrupt";
  static constexpr std::string_view summary = "breaks a promise of the graph";
  bool run(Graph& graph) const {
    graph.mutable_value(graph.inputs()[0]).users.clear();
    return true;
  }
};

struct Throw {
  static constexpr std::string_view name = "throw";
  static constexpr std::string_view summary = "fails";
  bool run(Graph&) const { fail("on purpose"); }
};

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) { return error.what(); }
  return {};
}

TEST(Manager, RemovesDeadNodesAndReportsOnlyChanges) {
  Graph graph = parse_graph(two_nodes);
  std::vector<std::string> messages;
  ManagerConfig config;
  config.logger = [&](Severity, std::string_view message) { messages.emplace_back(message); };
  run(graph, std::vector<Stage>{{.passes = {Nothing{}, Bypass{}}}}, config);
  EXPECT_EQ(graph.live_nodes(), 1U);
  EXPECT_THAT(messages, ElementsAre(HasSubstr("pass bypass: 2 -> 1 nodes")));
}

TEST(Manager, StopsAfterTheLimit) {
  Graph graph = parse_graph(two_nodes);
  ManagerConfig config;
  config.pass_limit = 1;
  run(graph, std::vector<Stage>{{.passes = {Nothing{}, Bypass{}}}}, config);
  EXPECT_EQ(graph.live_nodes(), 2U);
}

TEST(Manager, RepeatsAStageOnlyWhileItChanges) {
  Graph graph = parse_graph(two_nodes);
  int runs = 0;
  Pass counted = Bypass{};
  counted.run = [&, run = counted.run](Graph& inner) {
    ++runs;
    return run(inner);
  };
  run(graph, std::vector<Stage>{{.passes = {counted}, .rounds = 9}}, {});
  EXPECT_EQ(runs, 2);
}

TEST(Manager, NamesThePassThatBrokeTheGraph) {
  Graph graph = parse_graph(two_nodes);
  EXPECT_THAT(message_of([&] { run(graph, std::vector<Stage>{{.passes = {Corrupt{}}}}, {}); }), HasSubstr("pass corrupt"));
}

TEST(Manager, KeepsTheGraphBeforeAPassThatThrows) {
  Graph graph = parse_graph(two_nodes);
  ManagerConfig config;
  config.dump_folder = std::filesystem::path(testing::TempDir()) / "burnish_manager_test";
  const std::string message = message_of([&] { run(graph, std::vector<Stage>{{.passes = {Throw{}}}}, config); });
  EXPECT_THAT(message, HasSubstr("on purpose"));
  EXPECT_THAT(message, HasSubstr("before_throw.ir"));
  EXPECT_EQ(read_text(config.dump_folder / "before_throw.ir"), two_nodes);
  std::filesystem::remove_all(config.dump_folder);
}

TEST(Pipeline, ListsEachPassOnceAndFindsItByName) {
  const std::vector<PassInfo> infos = list();
  for (const PassInfo& info : infos) {
    EXPECT_EQ(std::ranges::count(infos, info.name, &PassInfo::name), 1) << info.name;
    EXPECT_FALSE(info.summary.empty()) << info.name;
    ASSERT_TRUE(find(info.name)) << info.name;
    EXPECT_EQ(find(info.name)->name, info.name);
  }
  EXPECT_FALSE(find("no_such_pass"));
}

}  // namespace
}  // namespace burnish::passes
