// Non-finite values count as equal only to themselves, and stay out of the sums.
#include "cli/compare.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace burnish::cli {

Difference compare(const Tensor& value, const Tensor& right) {
  if (value.dims() != right.dims()) fail("{} is compared with {}", text_of(value.dims()), text_of(right.dims()));
  Difference made;
  double largest = 0, dot = 0, norm = 0, right_norm = 0;
  for (int64_t i = 0; i < value.size(); ++i) {
    const double a = value.number(i);
    const double b = right.number(i);
    if (a == b or (std::isnan(a) and std::isnan(b))) {
      if (not std::isfinite(a)) continue;
    } else {
      ++made.unequal;
      if (not std::isfinite(a) or not std::isfinite(b)) {
        ++made.odd;
        continue;
      }
    }
    made.max_error = std::max(made.max_error, std::abs(a - b));
    largest = std::max(largest, std::abs(b));
    dot += a * b;
    norm += a * a;
    right_norm += b * b;
  }
  made.relative_error = made.max_error > 0 ? made.max_error / std::max(largest, 1e-30) : 0;
  if (norm > 0 and right_norm > 0) made.cosine = dot / (std::sqrt(norm) * std::sqrt(right_norm));
  else if (norm != right_norm) made.cosine = 0;
  return made;
}

}  // namespace burnish::cli
