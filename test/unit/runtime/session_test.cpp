// Sessions on a small convolutional network: the right answer whatever memory held before, wherever bindings lie and however often it runs.
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "digits.h"
#include "runtime/loaded_engine.h"

namespace burnish::test {
namespace {

using testing::HasSubstr;

const Tensor& expected() {
  static const Tensor answer = run_once(digits("ref", 1), images());
  return answer;
}
const Engine& engine() {
  static const Engine built = digits();
  return built;
}

void expect_error(const Tensor& input, const std::string& message) {
  try {
    run_once(engine(), input);
    FAIL() << "accepted";
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr(message)); }
}

TEST(Session, AgreesWithTheReference) { EXPECT_LT(distance(run_once(engine(), images()), expected()), tolerance); }

TEST(Session, SavedEnginesAnswerTheSame) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("burnish_session_test_" + std::to_string(::getpid()));
  engine().save(file);
  const Engine opened = Engine::open(file);
  std::filesystem::remove(file);
  EXPECT_TRUE(run_once(opened, images()).identical(run_once(engine(), images())));
  const Engine from_memory = Engine::open(engine().serialize());
  EXPECT_TRUE(run_once(from_memory, images()).identical(run_once(engine(), images())));
}

TEST(Session, UnboundInputsAndOutputsAreNamed) {
  Session session(engine());
  const Status no_input = session.run();
  EXPECT_EQ(no_input.code(), StatusCode::invalid_argument);
  EXPECT_THAT(no_input.message(), HasSubstr("`input`"));
  const Tensor input = images();
  session.bind_input(0, input.data());
  EXPECT_THAT(session.run().message(), HasSubstr("`probabilities`"));
  EXPECT_THROW(session.bind_input(1, input.data()), Error);
}

TEST(Session, RefusesOtherTypesAndDimensions) {
  expect_error(Tensor(DType::f64, {batch, 1, 8, 8}), "input `input` should be f32");
  expect_error(Tensor(DType::f32, {batch, 1, 8, 9}), "should have dimensions");
  expect_error(Tensor(), "missing");
  EXPECT_THROW(Session(engine()).run({}), Error);
}

TEST(Session, DoesNotReadWhatItDidNotWrite) {
  const Tensor clean = run_once(engine(), images(), {.fill_arena = 0});
  EXPECT_TRUE(run_once(engine(), images(), {.fill_arena = 0xff}).identical(clean));
}

TEST(Session, RunsTwiceIntoDirtyOutputs) {
  Session session(engine());
  const Tensor input = images(), other = images(batch);
  Tensor first(DType::f32, {batch, 10}), second(DType::f32, {batch, 10});
  std::memset(first.mutable_data(), 0xff, first.bytes());
  std::memset(second.mutable_data(), 0x7f, second.bytes());
  session.bind_input(0, input.data());
  session.bind_output(0, first.mutable_data());
  ASSERT_TRUE(session.run().is_ok());
  session.bind_input(0, other.data());
  session.bind_output(0, second.mutable_data());
  ASSERT_TRUE(session.run().is_ok());
  session.bind_input(0, input.data());
  ASSERT_TRUE(session.run().is_ok());
  EXPECT_TRUE(first.identical(second));
  EXPECT_LT(distance(first, expected()), tolerance);
}

TEST(Session, BindingsNeedNoAlignment) {
  const Tensor input = images();
  Tensor answer(DType::f32, {batch, 10});
  for (const size_t shift : {size_t{1}, size_t{4}, size_t{12}}) {
    std::vector<std::byte> in(input.bytes() + 64), out(answer.bytes() + 64, std::byte{0x5a});
    std::memcpy(in.data() + shift, input.data(), input.bytes());
    Session session(engine());
    session.bind_input(0, in.data() + shift);
    session.bind_output(0, out.data() + shift);
    ASSERT_TRUE(session.run().is_ok());
    std::memcpy(answer.mutable_data(), out.data() + shift, answer.bytes());
    EXPECT_LT(distance(answer, expected()), tolerance);
    EXPECT_EQ(out[shift - 1], std::byte{0x5a});
    EXPECT_EQ(out[shift + answer.bytes()], std::byte{0x5a});
  }
}

TEST(Session, FourThreadsShareAnEngine) {
  std::array<double, 4> worst{};
  std::array<Tensor, 4> wanted;
  const Engine reference = digits("ref", 1);
  for (size_t i = 0; i < 4; ++i) wanted[i] = run_once(reference, images(static_cast<int64_t>(i) * batch));
  {
    std::vector<std::jthread> callers;
    for (size_t i = 0; i < 4; ++i)
      callers.emplace_back([&, i] {
        for (int round = 0; round < 5; ++round)
          worst[i] = std::max(worst[i], distance(run_once(engine(), images(static_cast<int64_t>(i) * batch)), wanted[i]));
      });
  }
  for (const double one : worst) EXPECT_LT(one, tolerance);
}

TEST(Session, AnotherThreadCountIsPlannedAgain) {
  std::string said;
  OpenConfig config;
  config.threads = 1;
  config.logger = [&](Severity /*severity*/, std::string_view message) { said += message; };
  const Engine opened = Engine::open(engine().serialize(), config);
  EXPECT_EQ(opened.threads(), 1);
  EXPECT_THAT(said, HasSubstr("planning the engine again"));
  EXPECT_LT(distance(run_once(opened, images()), expected()), tolerance);
}

TEST(Session, WhatIsPlannedAgainKeepsItsPermission) {
  engine::EngineData data = engine().data();
  for (plan::Step& step : data.plans.front().steps) step.request.target.permitted = {DType::bf16};
  const plan::Plan kept = runtime::plan_again(data, "cpu", 1, &data.plans.front());
  EXPECT_THAT(runtime::permitted_in(kept), testing::ElementsAre(DType::bf16));
  EXPECT_THAT(runtime::permitted_in(runtime::plan_again(data, "cpu", 1)), testing::IsEmpty());
  for (const plan::Step& step : kept.steps)
    for (const tactics::Format& format : step.variant.outputs) EXPECT_NE(format.storage, DType::bf16) << step.name << " was exact before";
}

TEST(Session, ProfilesEachStep) {
  Session session(engine());
  const Tensor input = images();
  Tensor output(DType::f32, {batch, 10});
  session.bind_input(0, input.data());
  session.bind_output(0, output.mutable_data());
  ASSERT_GT(session.step_count(), 0U);
  std::vector<double> times(session.step_count(), -1);
  ASSERT_TRUE(session.run_profiled(times).is_ok());
  EXPECT_THAT(times, testing::Each(testing::Ge(0)));
  EXPECT_FALSE(session.step_name(0).empty());
  EXPECT_FALSE(session.run_profiled({}).is_ok());
}

}  // namespace
}  // namespace burnish::test
