#include "calibration/cache.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace burnish::calibration {
namespace {

constexpr double most = 127;

std::pair<std::string, double> parse_line(std::string_view line) {
  const size_t colon = line.rfind(':');
  if (colon == std::string_view::npos or colon == 0) fail("`{}` is no `name: hexadecimal scale`", line);
  const std::string_view digits = trim(line.substr(colon + 1));
  uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  if (error != std::errc() or end != digits.data() + digits.size()) fail("`{}` is no hexadecimal number of 32 bits", digits);
  const double scale = static_cast<double>(std::bit_cast<float>(bits));
  if (not std::isfinite(scale) or scale < 0) fail("the scale of `{}` is {}; it must be positive", trim(line.substr(0, colon)), scale);
  return {std::string(trim(line.substr(0, colon))), scale};
}

}  // namespace

Scales parse_cache(std::string_view text) {
  Scales scales;
  size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (number == 1) {
      if (not line.starts_with("TRT-"))
        fail("this is no calibration cache: the first line is `{}`, not TRT-VERSION-CALIBRATOR", line.substr(0, 80));
      continue;
    }
    if (line.empty()) continue;
    in_context([&] { return fmt::format("line {}", number); }, [&] { scales.insert(parse_line(line)); });
  }
  return scales;
}

std::string cache_text(const Scales& scales, std::string_view calibrator) {
  std::string text = fmt::format("TRT-100000-{}\n", calibrator);
  for (const auto& [name, scale] : scales) text += fmt::format("{}: {:08x}\n", name, std::bit_cast<uint32_t>(static_cast<float>(scale)));
  return text;
}

Range range_of_scale(double scale) { return {-most * scale, most * scale}; }
double scale_of_range(const Range& range) { return std::max(-range.low, range.high) / most; }

}  // namespace burnish::calibration
