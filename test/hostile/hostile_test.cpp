// Every hostile file is refused with an Error that names its fault and the file; none crashes, hangs or reads outside of its folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hostile/workshop.h"

namespace burnish::test {

void PrintTo(const HostileCase& one, std::ostream* out) { *out << one.name; }

namespace {

std::vector<HostileCase> all_cases() {
  std::vector<HostileCase> all;
  for (const auto& table : {hostile_formats(), hostile_graphs(), hostile_tensors(), hostile_external_data(), hostile_functions_and_bodies(),
                            hostile_operators(), hostile_values()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

class Hostile : public testing::TestWithParam<HostileCase> {};

TEST_P(Hostile, IsRefusedByName) {
  Workshop workshop;
  GetParam().make(workshop);
  try {
    workshop.import();
    FAIL() << "the file was accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(GetParam().message));
    EXPECT_THAT(error.what(), testing::HasSubstr("importing " + workshop.model_file.string()));
    EXPECT_NE(error.code(), StatusCode::internal);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, Hostile, testing::ValuesIn(all_cases()), [](const auto& info) { return info.param.name; });

TEST(Hostile, TheUnbrokenModelIsAccepted) {
  Workshop workshop;
  EXPECT_EQ(workshop.import().graph.outputs().size(), 1U);
}

}  // namespace
}  // namespace burnish::test
