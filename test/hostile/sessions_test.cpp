// Models that import without fault and misbehave when they run: each ends with an Error, within bounded memory and iterations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/error.h"
#include "base/memory.h"
#include "burnish/build.h"
#include "burnish/engine.h"
#include "hostile/workshop.h"

namespace burnish::test {
namespace {

using testing::HasSubstr;

constexpr size_t megabyte = size_t{1} << 20U;
constexpr size_t most_bytes = 64 * megabyte;

/// Kilobytes that the process had at most, so far.
int64_t peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

Engine build_model(Workshop& workshop) {
  const std::string bytes = workshop.model.SerializeAsString();
  BuildConfig config;
  config.backend = "cpu";
  config.threads = 1;
  config.optimization_level = 0;
  return build(std::as_bytes(std::span(bytes)), config, "/nonexistent");
}

/// What building and running the model ends with. The process may not have grown by much more than it was allowed.
Error failure_of(Workshop& workshop, const std::vector<Tensor>& inputs, int64_t most_iterations = 1000) {
  const int64_t before = peak_kilobytes();
  const MemoryLimitScope limit(memory_in_use() + most_bytes);
  try {
    Session session(build_model(workshop), {.most_iterations = most_iterations});
    session.run(inputs);
  } catch (const Error& error) {
    EXPECT_LT(peak_kilobytes() - before, static_cast<int64_t>(4 * most_bytes / 1024));
    return error;
  }
  ADD_FAILURE() << "it ran to its end";
  return Error("none");
}

Tensor number(int64_t value) { return Tensor::of<int64_t>({}, {value}); }
Tensor numbers(std::initializer_list<int64_t> values) { return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values); }

proto::GraphProto& with_input(Workshop& workshop, const std::string& name, const std::vector<int64_t>& dims, int type) {
  proto::GraphProto& graph = workshop.empty_graph();
  declare(graph.add_input(), name, dims, type);
  graph.add_output()->set_name("y");
  return graph;
}

TEST(HostileSession, AShapeBombInAValue) {
  for (const char* op : {"ConstantOfShape", "Expand"}) {
    Workshop workshop;
    proto::GraphProto& graph = with_input(workshop, "shape", {3}, 7);
    fill(graph.add_initializer(), "one", {1}, 1, std::string(4, '\0'));
    const bool expand = std::string_view(op) == "Expand";
    add_node(graph.add_node(), op, expand ? std::vector<std::string>{"one", "shape"} : std::vector<std::string>{"shape"}, {"y"});
    const Error error = failure_of(workshop, {numbers({1 << 14, 1 << 14, 1 << 10})});
    EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
  }
}

TEST(HostileSession, AShapeBombInTheModel) {
  Workshop workshop;
  proto::GraphProto& graph = with_input(workshop, "x", {1 << 20, 1}, 1);
  add_node(graph.add_node(), "Transpose", {"x"}, {"t"});
  add_node(graph.add_node(), "Add", {"x", "t"}, {"s"});
  add_node(graph.add_node(), "Softmax", {"s"}, {"y"});
  const Error error = failure_of(workshop, {Tensor(DType::f32, {1 << 20, 1})});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

TEST(HostileSession, ARangeWithoutEnd) {
  Workshop workshop;
  proto::GraphProto& graph = with_input(workshop, "limit", {}, 7);
  fill(graph.add_initializer(), "zero", {}, 7, std::string(8, '\0'));
  fill(graph.add_initializer(), "one", {}, 7, std::string("\1\0\0\0\0\0\0\0", 8));
  add_node(graph.add_node(), "Range", {"zero", "limit", "one"}, {"y"});
  const Error error = failure_of(workshop, {number(int64_t{1} << 50)});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

/// A Loop without a trip count whose condition stays true; its body makes `next` of the state.
proto::NodeProto& add_endless(proto::GraphProto& graph, const std::string& op, const std::vector<std::string>& inputs) {
  fill(graph.add_initializer(), "true", {}, 9, std::string(1, '\1'));
  proto::NodeProto& loop = add_node(graph.add_node(), "Loop", {"", "true", "x"}, {"y"});
  proto::GraphProto& body = add_body(loop, "body");
  for (const char* name : {"i", "go", "state"}) body.add_input()->set_name(name);
  add_node(body.add_node(), "Identity", {"go"}, {"on"});
  proto::NodeProto& step = add_node(body.add_node(), op, inputs, {"next"});
  if (op == "Concat") add_int(step, "axis", 0);
  for (const char* name : {"on", "next"}) body.add_output()->set_name(name);
  return loop;
}

TEST(HostileSession, AnEndlessLoop) {
  Workshop workshop;
  add_endless(with_input(workshop, "x", {2}, 1), "Relu", {"state"});
  const Error error = failure_of(workshop, {Tensor(DType::f32, {2})});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
  EXPECT_THAT(error.what(), HasSubstr("which is the limit"));
}

TEST(HostileSession, ALoopThatDoublesItsState) {
  Workshop workshop;
  add_endless(with_input(workshop, "x", {1024}, 1), "Concat", {"state", "state"});
  const Error error = failure_of(workshop, {Tensor(DType::f32, {1024})});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

TEST(HostileSession, ALoopThatKeepsAllItMakes) {
  Workshop workshop;
  proto::GraphProto& graph = with_input(workshop, "x", {1024, 1024}, 1);
  proto::NodeProto& loop = add_endless(graph, "Relu", {"state"});
  loop.set_output(0, "last");
  loop.add_output("y");
  loop.mutable_attribute(0)->mutable_g()->add_output()->set_name("next");
  const Error error = failure_of(workshop, {Tensor(DType::f32, {1024, 1024})});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

TEST(HostileSession, LoopsInLoops) {
  Workshop workshop;
  proto::GraphProto& graph = with_input(workshop, "x", {2}, 1);
  declare(graph.add_input(), "n", {}, 7);
  proto::GraphProto* inside = &graph;
  std::string state = "x";
  for (int depth = 0; depth < 12; ++depth) {
    const std::string mark = std::to_string(depth);
    proto::NodeProto& loop =
        add_node(inside->add_node(), "Loop", {"n", "", state}, {depth == 0 ? "y" : "made" + std::to_string(depth - 1)});
    proto::GraphProto& body = add_body(loop, "body");
    for (const char* name : {"i", "go", "state"}) body.add_input()->set_name(name + mark);
    add_node(body.add_node(), "Identity", {"go" + mark}, {"on" + mark});
    state = "state" + mark;
    for (const char* name : {"on", "made"}) body.add_output()->set_name(name + mark);
    inside = &body;
  }
  add_node(inside->add_node(), "Relu", {state}, {"made11"});
  const Error error = failure_of(workshop, {Tensor(DType::f32, {2}), number(1000)});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

TEST(HostileSession, TooManyIterationsOfAScan) {
  Workshop workshop;
  proto::GraphProto& graph = with_input(workshop, "x", {100000, 1}, 1);
  proto::NodeProto& scan = add_node(graph.add_node(), "Scan", {"x"}, {"y"});
  add_int(scan, "num_scan_inputs", 1);
  proto::GraphProto& body = add_body(scan, "body");
  declare(body.add_input(), "e", {1});
  add_node(body.add_node(), "Relu", {"e"}, {"r"});
  declare(body.add_output(), "r", {1});
  const Error error = failure_of(workshop, {Tensor(DType::f32, {100000, 1})});
  EXPECT_EQ(error.code(), StatusCode::resource_exhausted) << error.what();
}

}  // namespace
}  // namespace burnish::test
