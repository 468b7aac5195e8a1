// Engines with open sizes: sizes set and changed, profiles, sizes that data decide, control flow, many iterations, and what is refused.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "burnish/engine.h"
#include "engine/engine_data.h"
#include "ir/evaluate.h"
#include "ir/text.h"
#include "runtime/loaded_engine.h"

namespace burnish::test {
namespace {

using testing::HasSubstr;

Engine engine_of_text(std::string_view text, std::vector<engine::Profile> profiles = {}) {
  const Graph graph = parse_graph(text);
  engine::EngineData data = engine::make(graph, {.backend = "cpu", .threads = 1, .permitted = {}}, std::move(profiles));
  return Engine(std::make_shared<const runtime::LoadedEngine>(std::move(data), OpenConfig{}, true));
}

Tensor counting(Dims dims) {
  Tensor tensor(DType::f32, std::move(dims));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.set_number(i, static_cast<double>(i % 7) - 3);
  return tensor;
}

void expect_as_reference(Session& session, std::string_view text, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> right = evaluate(parse_graph(text), inputs);
  const std::vector<Tensor> got = session.run(inputs);
  ASSERT_EQ(got.size(), right.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].dims(), right[i].dims());
    for (int64_t e = 0; e < got[i].size(); ++e) ASSERT_NEAR(got[i].number(e), right[i].number(e), 1e-5);
  }
}

template <class Call>
void expect_error(const Call& call, const std::string& message) {
  try {
    call();
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr(message)); }
}

constexpr std::string_view softmax = R"(graph "softmax" {
  %x: f32[N,5] = input
  %y: f32[N,5] = Softmax{axis=1}(%x) "softmax"
  output %y
})";

constexpr std::string_view non_zero = R"(graph "non_zero" {
  %x: f32[N] = input
  %i: i64[1,?0] = NonZero(%x) "where"
  %t: i64[?0,1] = Transpose(%i) "columns"
  output %t
})";

TEST(Dynamic, TakesAnySizesInAnyOrder) {
  Session session(engine_of_text(softmax));
  for (const int64_t n : {3, 1, 17, 3, 0, 17}) expect_as_reference(session, softmax, {counting({n, 5})});
}

TEST(Dynamic, SaysWhichSizesAreOpen) {
  const Engine engine = engine_of_text(softmax);
  EXPECT_TRUE(engine.is_dynamic());
  EXPECT_EQ(engine.inputs()[0].dims, (Dims{-1, 5}));
  EXPECT_EQ(engine.inputs()[0].dim_names, (std::vector<std::string>{"N", ""}));
  EXPECT_EQ(engine.inputs()[0].bytes, 0);
  EXPECT_EQ(engine.initial_input_dims()[0], std::nullopt);
}

TEST(Dynamic, RunsOnBoundMemory) {
  Session session(engine_of_text(softmax));
  const Tensor input = counting({4, 5});
  session.set_input_dims(0, input.dims());
  EXPECT_EQ(session.output_dims(0), (Dims{4, 5}));
  Tensor output(DType::f32, {4, 5});
  session.bind_input(0, input.data());
  session.bind_output(0, output.mutable_data());
  ASSERT_TRUE(session.run().is_ok());
  EXPECT_TRUE(output.identical(Session(engine_of_text(softmax)).run(std::array{input})[0]));
}

TEST(Dynamic, ProfilesNameWhatTheyRefuse) {
  const Engine engine = engine_of_text(softmax, {{{"x", {.min = {1, 5}, .opt = {4, 5}, .max = {8, 5}}}}});
  Session session(engine);
  EXPECT_EQ(engine.initial_input_dims()[0], (Dims{4, 5}));
  expect_as_reference(session, softmax, {counting({8, 5})});
  expect_error([&] { session.set_input_dims(0, Dims{9, 5}); }, "input `x` of 9x5: axis 0 is 9, but the profile allows 1 to 8");
  expect_error([&] { session.set_input_dims(0, Dims{4, 6}); }, "axis 1 is fixed to 5");
  expect_error([&] { session.set_input_dims(0, Dims{4}); }, "2 dimensions");
}

TEST(Dynamic, SavedEnginesLearnTheSame) {
  const Engine engine = engine_of_text(softmax, {{{"x", {.min = {1, 5}, .opt = {4, 5}, .max = {8, 5}}}}});
  const Engine opened = Engine::open(engine.serialize());
  Session session(opened);
  expect_as_reference(session, softmax, {counting({2, 5})});
  expect_error([&] { session.set_input_dims(0, Dims{9, 5}); }, "allows 1 to 8");
}

TEST(Dynamic, DataDecideSizes) {
  Session session(engine_of_text(non_zero));
  for (const int64_t n : {6, 0, 9, 6}) expect_as_reference(session, non_zero, {counting({n})});
  session.set_input_dims(0, Dims{6});
  EXPECT_EQ(session.output_dims(0), std::nullopt);
  const Tensor input = counting({6});
  session.bind_input(0, input.data());
  ASSERT_TRUE(session.run().is_ok());
  EXPECT_EQ(session.output(0).dims(), (Dims{5, 1}));
}

TEST(Dynamic, MissingSizesAreNamed) {
  Session session(engine_of_text(softmax));
  EXPECT_THAT(session.run().message(), HasSubstr("`x` has no dimensions yet"));
}

/// Adds 1 to the state in each of `trips` iterations, and keeps the counter of each.
constexpr std::string_view loop = R"(graph "loop" {
  %trips: i64[] = input
  %start: f32[3] = input
  %go: boolean[] = constant [1]
  %end: f32[3], %all: i64[?0] = Loop{states=1}(%trips, %go, %start) {
    graph "body" {
      %i: i64[] = input
      %c: boolean[] = input
      %s: f32[3] = input
      %one: f32[] = constant [1]
      %next: f32[3] = Pointwise{expr="(f32,f32) add:f32(0,1) -> 2"}(%s, %one) "add"
      output %c
      output %next
      output %i
    }
  } "loop"
  output %end
  output %all
})";

TEST(Dynamic, LoopsTenThousandTimes) {
  Session session(engine_of_text(loop));
  const Tensor start = Tensor::of<float>({3}, {0, 1, 2});
  const std::vector<Tensor> results = session.run(std::array{Tensor::of<int64_t>({}, {10000}), start});
  EXPECT_EQ(results[0].number(2), 10002);
  ASSERT_EQ(results[1].dims(), Dims{10000});
  EXPECT_EQ(results[1].integer(9999), 9999);
  EXPECT_EQ(session.run(std::array{Tensor::of<int64_t>({}, {0}), start})[1].dims(), Dims{0});
}

TEST(Dynamic, IterationsHaveALimitOnRequest) {
  Session session(engine_of_text(loop), {.most_iterations = 100});
  const Tensor start = Tensor::of<float>({3}, {0, 1, 2});
  EXPECT_EQ(session.run(std::array{Tensor::of<int64_t>({}, {100}), start})[0].number(0), 100);
  expect_error([&] { session.run(std::array{Tensor::of<int64_t>({}, {101}), start}); }, "`loop` (Loop): its bodies ran 100 times");
}

/// y = c ? x without its first axis, which must be 1 : its sum along it.
constexpr std::string_view squeeze_or_sum = R"(graph "squeeze_or_sum" {
  %c: boolean[] = input
  %x: f32[N,3] = input
  %y: f32[3] = If(%c, %x, %x) {
    graph "then" {
      %x: f32[N,3] = input
      %axes: i64[1] = constant [0]
      %s: f32[3] = Squeeze(%x, %axes) "squeeze"
      output %s
    }
    graph "else" {
      %x: f32[N,3] = input
      %axes: i64[1] = constant [0]
      %s: f32[3] = Reduce{keep_dims=false}(%x, %axes) "sum"
      output %s
    }
  } "if"
  output %y
})";

TEST(Dynamic, ABranchThatIsNotTakenNeedNotFitTheSizes) {
  Session session(engine_of_text(squeeze_or_sum));
  const Tensor yes = Tensor::of<bool>({}, {true}), no = Tensor::of<bool>({}, {false});
  expect_as_reference(session, squeeze_or_sum, {yes, counting({1, 3})});
  expect_as_reference(session, squeeze_or_sum, {no, counting({5, 3})});
  expect_error([&] { session.run(std::array{yes, counting({5, 3})}); }, "squeeze");
  expect_as_reference(session, squeeze_or_sum, {no, counting({1, 3})});
}

}  // namespace
}  // namespace burnish::test
