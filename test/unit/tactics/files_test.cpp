// The two files of this room: choices and the timing cache. And the registry.
#include <filesystem>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "fake_backend.h"
#include "tactics/choices.h"
#include "tactics/timing_cache.h"
#include "tactics/timing_file.h"

namespace burnish::tactics {
namespace {

using ::testing::HasSubstr;

TEST(Choices, ReadBackWhatTheyWrite) {
  const Choices choices{{{"conv 1 \"a\"", {"cpu.onednn.conv", "f32:0123,f32:0123->f32:0231 tile=64"}}, {"#odd", {"view", ""}}}};
  EXPECT_EQ(Choices::parse(choices.text()).nodes, choices.nodes);
  EXPECT_EQ(Choices::parse(choices.text()).text(), choices.text());
}

TEST(Choices, NameTheDamagedLine) {
  try {
    (void)Choices::parse("# a comment\n\"a\" view\nconv view\n");
    FAIL();
  } catch (const Error& error) { EXPECT_THAT(error.what(), HasSubstr("line 3")); }
  EXPECT_THROW((void)Choices::parse("\"a\" view\n\"a\" view\n"), Error);
  EXPECT_THROW((void)Choices::parse("\"a\"\n"), Error);
}

TimingKey key(const std::string& request, uint32_t revision = 1) { return {request, "cpu.a", revision, "f32:01->f32:01", "cpu \"x\" 1.2"}; }

TEST(TimingCache, ReadsBackWhatItWrites) {
  TimingCache cache;
  cache.insert(key("0b"), 1.25e-5);
  cache.insert(key("0a"), 0.1);
  cache.insert(key("0a", 2), 1e-9);
  EXPECT_EQ(TimingCache::parse(cache.text()).entries(), cache.entries());
  EXPECT_EQ(cache.find(key("0b")), 1.25e-5);
  EXPECT_EQ(cache.find(key("0c")), std::nullopt);
}

TEST(TimingCache, SkipsDamagedLinesWithAWarning) {
  TimingCache cache;
  cache.insert(key("0a"), 0.1);
  cache.insert(key("0b"), 0.2);
  const std::string text =
      "{\"request\": 3}\n" + cache.text() +
      "not json\n{\"device\":\"d\",\"request\":\"r\",\"revision\":1,\"seconds\":-1,\"tactic\":\"t\",\"variant\":\"v\"}\n[]";
  int warnings = 0;
  const TimingCache read =
      TimingCache::parse(text, [&](Severity severity, std::string_view) { warnings += severity == Severity::warning ? 1 : 0; });
  EXPECT_EQ(read.entries(), cache.entries());
  EXPECT_EQ(warnings, 4);
}

const FindingKey network{"overflow", 1, "0123", "gpu"};

TEST(TimingCache, ReadsBackRefusalsAndFindings) {
  TimingCache cache;
  cache.insert(key("0a"), 0.1);
  cache.insert_refusal(key("0b"), "no engine \"3\"\nof that rank");
  cache.insert(network, {.complete = true, .remarks = {{0, "`a` reaches 1e+05"}, {7, "b"}}});
  cache.insert({"overflow", 2, "0123", "gpu"}, {.complete = false, .remarks = {}});
  EXPECT_EQ(cache.size(), 4U);
  int warnings = 0;
  const TimingCache read = TimingCache::parse(cache.text(), [&](Severity, std::string_view) { ++warnings; });
  EXPECT_EQ(warnings, 0);
  EXPECT_EQ(read.entries(), cache.entries());
  EXPECT_EQ(read.refusals(), cache.refusals());
  EXPECT_EQ(read.findings(), cache.findings());
  EXPECT_EQ(read.find(network)->remarks.at(7), "b");
  EXPECT_EQ(read.find(FindingKey{"overflow", 3, "0123", "gpu"}), std::nullopt);
}

TEST(TimingCache, ATimeTakesTheRefusalsPlace) {
  TimingCache cache;
  cache.insert_refusal(key("0a"), "not yet");
  cache.insert(key("0a"), 0.1);
  EXPECT_EQ(cache.find_refusal(key("0a")), std::nullopt);
  TimingCache older, merged;
  older.insert_refusal(key("0a"), "not yet");
  for (const auto& [first, second] : {std::pair(&cache, &older), {&older, &cache}}) {
    merged = *first;
    merged.merge(*second);
    EXPECT_EQ(merged.find(key("0a")), 0.1);
    EXPECT_TRUE(merged.refusals().empty());
    EXPECT_TRUE(TimingCache::parse(first->text() + second->text()).refusals().empty());
  }
}

TEST(TimingCache, SkipsFindingsThatDoNotRead) {
  const auto line = [](std::string_view complete, std::string_view version, const std::string& remarks) {
    return fmt::format(R"({{"finding":"overflow","version":{},"network":"01","device":"d","complete":{},"remarks":{}}})", version, complete,
                       remarks);
  };
  const auto findings = [](const std::string& text) {
    int warnings = 0;
    const TimingCache read = TimingCache::parse(text, [&](Severity, std::string_view) { ++warnings; });
    EXPECT_EQ(read.size() + static_cast<size_t>(warnings), 1U) << text;
    return read.findings().size();
  };
  EXPECT_EQ(findings(line("true", "1", R"([[3,"a"]])")), 1U);
  for (const std::string& damaged :
       {line("1", "1", "[]"), line("true", "-1", "[]"), line("true", "1.5", "[]"), line("true", "99999999999", "[]"),
        line("true", "1", "{}"), line("true", "1", "[3]"), line("true", "1", R"([[3]])"), line("true", "1", R"([[-3,"a"]])"),
        line("true", "1", R"([["a",3]])"), line("true", "1", R"([[3,"a"],[3,"b"]])"), line("true", "1", R"([[3,"a","b"]])"),
        line("true", "1", "null"), line("true", "1", "[[3,\"" + std::string(100'000, 'x') + "\"]]"), std::string(R"({"finding":7})"),
        std::string(100'000, '[')})
    EXPECT_EQ(findings(damaged), 0U) << damaged.substr(0, 100);
}

TEST(TimingFile, IsReplacedWhereTheCacheHasChanged) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "burnish_file.timings";
  std::filesystem::remove(path);
  const auto saved = [&] { return TimingCache::read(path, {}); };
  TimingFile file(path, {});
  file.save();
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is known";
  file.cache().insert(key("0a"), 0.1);
  file.cache().insert(network, {.complete = true, .remarks = {{0, "a"}}});
  file.save();
  EXPECT_EQ(saved(), file.cache());
  std::filesystem::remove(path);
  file.save();
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is new";
  file.cache().insert(network, {.complete = true, .remarks = {{1, "b"}}});
  file.save();
  EXPECT_EQ(saved().find(network)->remarks.at(1), "b") << "as many lines as before, but another";
  EXPECT_EQ(TimingFile(path, {}).cache(), file.cache());
  std::filesystem::remove(path);
}

TEST(TimingFile, WithoutAPathIsNoFile) {
  TimingFile file({}, {});
  EXPECT_FALSE(file.has_file());
  file.cache().insert(key("0a"), 0.1);
  file.save();
}

TEST(TimingCache, MergeKeepsTheSmallerTime) {
  TimingCache a, b;
  a.insert(key("0a"), 2);
  a.insert(key("0b"), 1);
  b.insert(key("0a"), 1);
  b.insert(key("0c"), 3);
  a.merge(b);
  EXPECT_EQ(a.find(key("0a")), 1);
  EXPECT_EQ(a.find(key("0b")), 1);
  EXPECT_EQ(a.find(key("0c")), 3);
}

TEST(TimingCache, LivesInAFile) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "timing_cache_test.jsonl";
  std::filesystem::remove(path);
  EXPECT_EQ(TimingCache::read(path).size(), 0U);
  TimingCache cache;
  cache.insert(key("0a"), 0.5);
  cache.write(path);
  EXPECT_EQ(TimingCache::read(path).entries(), cache.entries());
  std::filesystem::remove(path);
}

TEST(Registry, KnowsTheReferenceAndTheSkeleton) {
  EXPECT_NE(registry().find_backend("ref"), nullptr);
  EXPECT_NE(registry().find_tactic("ref.reference"), nullptr);
  EXPECT_NE(registry().find_tactic("ref.reformat"), nullptr);
  ASSERT_NE(registry().find_backend("null"), nullptr);
  EXPECT_THAT(registry().find_backend("null")->unavailable(), HasSubstr("skeleton"));
  EXPECT_EQ(registry().find_backend("nul"), nullptr);
  EXPECT_EQ(registry().find_tactic("ref."), nullptr);
}

TEST(Registry, SortsTacticsAndRefusesRepeats) {
  Registry made;
  const auto add = [&](const std::string& name) {
    auto tactic = std::make_unique<fake::FakeTactic>();
    tactic->name = name;
    made.add(std::move(tactic));
  };
  for (const char* name : {"fake.b", "other.a", "fake.a"}) add(name);
  const auto tactics = made.tactics_of("fake");
  ASSERT_EQ(tactics.size(), 2U);
  EXPECT_EQ(tactics[0]->id(), "fake.a");
  EXPECT_THROW(add("fake.a"), Error);
  EXPECT_THROW(add("nodot"), Error);
}

}  // namespace
}  // namespace burnish::tactics
