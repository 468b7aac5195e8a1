// The median of measurements. Used where times are judged; not for data of any size.
#pragma once

#include <algorithm>
#include <vector>

namespace burnish {

/// The upper one of two middle values. `values` must not be empty.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace burnish
