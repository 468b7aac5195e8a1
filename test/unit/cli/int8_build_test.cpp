// Which layers --int8 leaves in float, by what two builds expect.
#include "cli/trtexec/int8_build.h"

#include <gmock/gmock.h>

namespace burnish::cli::trtexec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view plain = R"({"assignment": {"cost_us": 12}, "nodes": [
  {"origin": ["conv_1", "relu_1"], "cost_us": 4}, {"origin": ["conv_2"], "cost_us": 5}, {"origin": ["conv_3"], "cost_us": 3}]})";

TEST(Int8Build, LeavesLayersThatGainNothing) {
  const std::string_view quantized = R"({"assignment": {"cost_us": 14}, "nodes": [{"origin": ["x_quantized"], "cost_us": 2},
    {"origin": ["conv_1", "relu_1", "y_quantized"], "cost_us": 3}, {"origin": ["conv_2"], "cost_us": 4},
    {"origin": ["conv_2", "z_quantized"], "cost_us": 2}, {"origin": ["conv_3"], "cost_us": 3}]})";
  EXPECT_THAT(layers_without_gain(quantized, plain), ElementsAre("conv_2", "conv_3"));
  EXPECT_THAT(layers_without_gain(plain, quantized), ElementsAre("conv_1", "conv_3", "relu_1"));
}

TEST(Int8Build, KnowsNothingOfReportsWithoutCosts) {
  EXPECT_THAT(layers_without_gain("", plain), IsEmpty());
  EXPECT_THAT(layers_without_gain(plain, "{}"), IsEmpty());
  EXPECT_THAT(layers_without_gain("[1]", plain), IsEmpty());
}

}  // namespace
}  // namespace burnish::cli::trtexec
