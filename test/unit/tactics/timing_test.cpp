// Measuring, on a clock that only the kernels move: what is timed, what is skipped and why, what is shared, and what failures become.
#include "tactics/timing.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_backend.h"
#include "ops/pointwise.h"
#include "tactics/assign.h"

namespace burnish::tactics {
namespace {

using fake::FakeTactic;
using ::testing::HasSubstr;

/// One node `relu` over [4,4], `copies` times, and tactics "a", "b", ... with these estimates and true seconds.
struct Bench {
  struct Way {
    double estimate;
    double seconds;
    Status status = {};
    bool builds = true;
    StatusCode fault = StatusCode::resource_exhausted;
  };

  fake::Clock clock = std::make_shared<double>(0);
  double slow_until = 0;  // on the clock
  Registry registry;
  Graph graph;
  std::mutex mutex;  // devices build several kernels at a time
  std::map<std::string, int> built;
  CandidateSet set;

  explicit Bench(const std::vector<Way>& ways, int copies = 1, bool with_reference = true, bool on_device = false) {
    if (on_device) registry.add(std::make_unique<fake::DeviceBackend>(clock));
    else registry.add(std::make_unique<fake::FakeBackend>(clock));
    char letter = 'a';
    for (const Way& way : ways) add(std::string("fake.") + letter++, way);
    if (with_reference) add("ref.reference", {100, 100});
    ValueId value = graph.add_input("x", {DType::f32, {4, 4}, {}});
    for (int i = 0; i < copies; ++i)
      value = graph.node(graph.add_node(ops::pointwise(ExprCode::relu, {DType::f32}, DType::f32), {value})).outputs[0];
    graph.add_output(value);
    CandidateConfig config;
    config.backend = "fake";
    config.threads = 1;
    set = candidates(graph, registry, config);
  }

  void add(const std::string& name, const Way& way) {
    auto tactic = std::make_unique<FakeTactic>();
    tactic->name = name;
    tactic->offer = [way](const OpRequest& request) { return std::vector{fake::plain_variant(request, way.estimate)}; };
    tactic->make = [this, way, name](const OpRequest&, const Variant&) -> std::unique_ptr<Kernel> {
      {
        const std::lock_guard lock(mutex);
        ++built[name];
      }
      if (not way.builds) throw Error("no room for the code", way.fault);
      return std::make_unique<fake::FakeKernel>(clock, way.seconds, way.status, slow_until);
    };
    registry.add(std::move(tactic));
  }

  static TimingConfig config(int level = 3) {
    TimingConfig config;
    config.level = level;
    return config;
  }
  const Candidate& candidate(size_t index, size_t node = 0) const { return set.nodes.at(node).candidates.at(index); }
};

TEST(Timing, GivesWhoeverMetASlowPhaseASecondChance) {
  Bench bench({{1e-3, 1e-3}, {2e-3, 1.5e-3}});
  bench.slow_until = 9e-3;  // the first candidate ends within it
  measure(bench.set, Bench::config());
  EXPECT_NEAR(bench.candidate(0).seconds, 1e-3, 1e-9);
  EXPECT_NEAR(bench.candidate(1).seconds, 1.5e-3, 1e-9);
  EXPECT_EQ(bench.built["fake.a"], 1);
}

TEST(Timing, TimesOnceOnDevices) {
  Bench bench({{1e-3, 1e-3}, {2e-3, 1.5e-3}}, 1, true, true);
  bench.slow_until = 9e-3;
  measure(bench.set, Bench::config());
  EXPECT_GT(bench.candidate(0).seconds, 1.9e-3);
}

TEST(Timing, MeasuresEqualRequestsOnce) {
  Bench bench({{1e-3, 2e-3}, {2e-3, 1e-3}}, 3);
  const TimingReport report = measure(bench.set, Bench::config());
  EXPECT_EQ(report.requests, 3U);
  EXPECT_EQ(report.distinct, 1U);
  EXPECT_EQ(report.timed, 2U);
  for (size_t node = 0; node < 3; ++node) {
    EXPECT_NEAR(bench.candidate(0, node).seconds, 2e-3, 1e-9);
    EXPECT_NEAR(bench.candidate(1, node).seconds, 1e-3, 1e-9);
  }
  EXPECT_EQ(bench.built["fake.a"], 1);
  EXPECT_EQ(bench.built["ref.reference"], 0);
}

TEST(Timing, LevelZeroMeasuresNothing) {
  Bench bench({{1e-3, 2e-3}, {2e-3, 1e-3}});
  EXPECT_EQ(measure(bench.set, Bench::config(0)).timed, 0U);
  EXPECT_LT(bench.candidate(0).seconds, 0);
  EXPECT_EQ(*bench.clock, 0);
}

TEST(Timing, DoesNotMeasureWhereThereIsNoChoice) {
  Bench bench({{1e-3, 2e-3}});
  EXPECT_EQ(measure(bench.set, Bench::config()).timed, 0U);
}

TEST(Timing, GivesEveryTacticAChanceBeyondTheBudget) {
  // Eight tactics with estimates near one another; the last one is the fastest.
  std::vector<Bench::Way> ways;
  for (int i = 0; i < 8; ++i) ways.push_back({1e-3 + 1e-5 * i, i == 7 ? 1e-3 : 2e-3});
  Bench usual(ways), quick(ways);
  EXPECT_EQ(measure(usual.set, Bench::config(3)).timed, 8U);
  EXPECT_NEAR(usual.candidate(7).seconds, 1e-3, 1e-9);
  EXPECT_EQ(measure(quick.set, Bench::config(2)).timed, 3U);
}

TEST(Timing, TimesTheMostPromisingWithinTheBudget) {
  // The first one's estimate is above four times the best measured time, 2 ms.
  const std::vector<Bench::Way> ways = {{9e-3, 1e-3}, {1e-3, 2e-3}, {2e-3, 3e-3}, {1.5e-3, 2e-3}};
  for (const auto& [level, timed] : {std::pair{1, 2U}, {2, 3U}, {3, 3U}, {5, 4U}}) {
    Bench bench(ways);
    EXPECT_EQ(measure(bench.set, Bench::config(level)).timed, timed) << level;
    EXPECT_GE(bench.candidate(1).seconds, 0) << "the best estimate is always timed";
    EXPECT_EQ(bench.candidate(0).seconds >= 0, level == 5);
    EXPECT_EQ(bench.candidate(0).note.starts_with("not timed"), level < 5);
  }
  Bench bench(ways);
  TimingConfig one = Bench::config(5);
  one.max_tactics = 1;
  EXPECT_EQ(measure(bench.set, one).timed, 1U);
}

TEST(Timing, CorrectsEstimatesOfWhatItSkips) {
  // Estimates are half the truth; the third is skipped and must not look faster than what was measured.
  Bench bench({{1e-3, 2e-3}, {2e-3, 4e-3}, {3e-3, 6e-3}});
  measure(bench.set, Bench::config(1));
  EXPECT_LT(bench.candidate(2).seconds, 0);
  EXPECT_NEAR(cost_of(bench.set, bench.candidate(2)), 6e-3 + 1e-6, 1e-6);
}

TEST(Timing, FailuresBecomeNotes) {
  Bench bench({{1e-3, 1e-3, {}, false}, {2e-3, 1e-3, Status(StatusCode::internal, "it hurts")}, {3e-3, 2e-3}});
  const TimingReport report = measure(bench.set, Bench::config());
  EXPECT_EQ(report.failed, 2U);
  EXPECT_EQ(report.timed, 1U);
  EXPECT_THAT(bench.candidate(0).note, HasSubstr("no room for the code"));
  EXPECT_THAT(bench.candidate(1).note, HasSubstr("it hurts"));
  EXPECT_EQ(assign(bench.graph, bench.set).chosen, std::vector<uint32_t>{2});
}

TEST(Timing, TheReferenceStepsInWhereEverythingFails) {
  Bench bench({{1e-3, 1e-3, {}, false}, {2e-3, 1e-3, {}, false}}, 2);
  measure(bench.set, Bench::config());
  for (const uint32_t chosen : assign(bench.graph, bench.set).chosen) EXPECT_EQ(name_of(bench.candidate(chosen)), "ref.reference");
  Bench without({{1e-3, 1e-3, {}, false}, {2e-3, 1e-3, {}, false}}, 1, false);
  measure(without.set, Bench::config());
  EXPECT_THROW((void)assign(without.graph, without.set), Error);
}

TEST(Timing, CacheSavesTheSecondMeasurement) {
  TimingCache cache;
  TimingConfig config = Bench::config();
  config.cache = &cache;
  Bench first({{1e-3, 2e-3}, {2e-3, 1e-3}});
  EXPECT_EQ(measure(first.set, config).timed, 2U);
  EXPECT_EQ(cache.size(), 2U);
  Bench second({{1e-3, 2e-3}, {2e-3, 1e-3}});
  config.error_on_miss = true;
  const TimingReport report = measure(second.set, config);
  EXPECT_EQ(report.timed, 0U);
  EXPECT_EQ(report.from_cache, 2U);
  EXPECT_EQ(*second.clock, 0);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(second.candidate(i).seconds, first.candidate(i).seconds);
  TimingCache empty;
  config.cache = &empty;
  EXPECT_THROW((void)measure(second.set, config), Error);
}

/// The best is far faster than the estimate of the third, which is never timed; the fourth is refused by its library.
std::vector<Bench::Way> ways_with_a_refusal(StatusCode fault = StatusCode::unsupported) {
  return {{1e-3, 1e-3}, {1.1e-3, 2e-3}, {9e-3, 1e-3}, {1.2e-3, 1e-3, {}, false, fault}};
}

TEST(Timing, WithAWarmCacheNothingIsBuilt) {
  TimingCache cache;
  TimingConfig config = Bench::config();
  config.cache = &cache;
  Bench first(ways_with_a_refusal(), 2, true, true);
  EXPECT_EQ(measure(first.set, config).timed, 2U);
  EXPECT_EQ(first.built["fake.d"], 1);
  config.error_on_miss = true;
  Bench second(ways_with_a_refusal(), 2, true, true);
  const TimingReport report = measure(second.set, config);
  EXPECT_EQ(report.timed, 0U);
  EXPECT_EQ(report.failed, 0U);
  EXPECT_EQ(report.from_cache, 3U);
  EXPECT_TRUE(second.built.empty());
  for (size_t node = 0; node < 2; ++node)
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(second.candidate(i, node).seconds, first.candidate(i, node).seconds);
  EXPECT_THAT(second.candidate(3).note, HasSubstr("no room for the code"));
}

TEST(Timing, RemembersOnlyWhatLibrariesRefuse) {
  const auto refusals = [](const std::vector<Bench::Way>& ways, bool lost = false) {
    TimingCache cache;
    TimingConfig config = Bench::config();
    config.cache = &cache;
    Bench bench(ways, 1, true, true);
    static_cast<const runtime::FakeDevice*>(bench.set.backend->device())->is_lost = lost;
    (void)measure(bench.set, config);
    return cache.refusals().size();
  };
  EXPECT_EQ(refusals(ways_with_a_refusal()), 1U);
  EXPECT_EQ(refusals(ways_with_a_refusal(StatusCode::resource_exhausted)), 0U) << "there may be room the next time";
  EXPECT_EQ(refusals(ways_with_a_refusal(StatusCode::internal)), 0U);
  EXPECT_EQ(refusals(ways_with_a_refusal(), true), 0U) << "a lost device refuses everything";
  EXPECT_EQ(refusals({{1e-3, 1e-3, {}, false, StatusCode::unsupported}, {2e-3, 1e-3, {}, false, StatusCode::unsupported}}), 0U)
      << "something is wrong where nothing can be built";
  EXPECT_EQ(refusals({{1e-3, 1e-3}, {2e-3, 1e-3, Status(StatusCode::unsupported, "not now")}}), 0U) << "it could be built";
}

TEST(Timing, ProgressMayStopIt) {
  Bench bench({{1e-3, 2e-3}, {2e-3, 1e-3}}, 2);
  TimingConfig config = Bench::config();
  size_t calls = 0;
  config.progress = [&](std::string_view phase, size_t done, size_t total) {
    EXPECT_EQ(phase, "timing");
    EXPECT_LE(done, total);
    return ++calls < 2;
  };
  EXPECT_THROW((void)measure(bench.set, config), Error);
  EXPECT_EQ(calls, 2U);
}

TEST(Timing, GivesSlowKernelsFewRunsAndHopelessOnesFewer) {
  const auto device_time = [](double seconds, double give_up_above) {
    Bench bench({{1e-3, seconds}});
    const Variant variant = bench.candidate(0).variant;
    const fake::FakeKernel kernel(bench.clock, seconds, {});
    EXPECT_NEAR(time_kernel(*bench.set.backend, bench.set.nodes[0].request, variant, kernel, 8, give_up_above), seconds, seconds * 1e-6);
    return *bench.clock;
  };
  EXPECT_LT(device_time(1e-6, infinite_cost), 4e-3);
  EXPECT_LT(device_time(1e-3, infinite_cost), 6e-3);
  EXPECT_LT(device_time(10e-3, infinite_cost), 60e-3);
  EXPECT_LT(device_time(1, infinite_cost), 3);
  EXPECT_LT(device_time(1e-3, 0.9e-3), 5e-3);
  EXPECT_LT(device_time(1, 1e-3), 1.5);
}

}  // namespace
}  // namespace burnish::tactics
