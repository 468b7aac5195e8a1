// Calibration caches: TensorRT's text format, read as it writes it, and round trips.
#include "calibration/cache.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace burnish::calibration {
namespace {

TEST(CalibrationCache, ReadsScalesAsBigEndianBits) {
  const Scales scales = parse_cache("TRT-8601-EntropyCalibration2\ninput: 3c010a14\nconv1:out: 3f800000\n");
  ASSERT_EQ(scales.size(), 2U);
  EXPECT_EQ(scales.at("input"), 0x1.021428p-7) << "the bits 3c010a14";
  EXPECT_EQ(scales.at("conv1:out"), 1);
}

TEST(CalibrationCache, WritesWhatItReads) {
  const Scales scales{{"a", 0.5}, {"b/c:0", 0.25}};
  EXPECT_EQ(parse_cache(cache_text(scales, "EntropyCalibration2")), scales);
}

TEST(CalibrationCache, NamesTheFaultyLine) {
  const auto message = [](std::string_view text) {
    try {
      parse_cache(text);
    } catch (const Error& error) { return std::string(error.what()); }
    return std::string("no error");
  };
  EXPECT_NE(message("hello\n").find("no calibration cache"), std::string::npos);
  EXPECT_NE(message("TRT-1-X\na: 3c010a14\nb 12\n").find("line 3"), std::string::npos);
  EXPECT_NE(message("TRT-1-X\na: 3c010a1g\n").find("hexadecimal"), std::string::npos);
  EXPECT_NE(message("TRT-1-X\na: 7f800000\n").find("positive"), std::string::npos);
}

TEST(CalibrationCache, ScalesStandForSymmetricRanges) {
  EXPECT_EQ(range_of_scale(0.5), (Range{-63.5, 63.5}));
  EXPECT_EQ(scale_of_range({-1, 254}), 2);
}

}  // namespace
}  // namespace burnish::calibration
