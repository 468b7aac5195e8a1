// Checks of the normalizations' parameters.
#include "ops/normalize_rows.h"

#include "base/error.h"

namespace burnish::ops {

void check_row_parameter(const Shape& parameter, const Shape& input, size_t axis, size_t index) {
  const Shape rows(std::vector<Dim>(input.begin() + static_cast<int64_t>(axis), input.end()));
  const bool fits = parameter.rank() <= input.rank() and [&] {
    for (size_t i = 0; i < parameter.rank(); ++i) {
      const Dim& own = parameter[parameter.rank() - 1 - i];
      const Dim& other = input[input.rank() - 1 - i];
      if (own.is_constant() and own != Dim(1) and other.is_constant() and own != other) return false;
    }
    return true;
  }();
  if (not fits) fail("input {} has shape {}; it must broadcast to the normalized axes {}", index, parameter.text(), rows.text());
}

void check_channel_parameter(const Shape& parameter, const Dim& channels, size_t index) {
  if (parameter.rank() != 1) fail("input {} has shape {}; it must have one value for each channel", index, parameter.text());
  if (parameter[0].is_constant() and channels.is_constant() and parameter[0] != channels)
    fail("input {} has shape {}, but there are {} channels", index, parameter.text(), channels.text());
}

}  // namespace burnish::ops
