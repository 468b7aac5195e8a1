// Two networks run on the same inputs and compared tensor by tensor, by name: where the first departs from what is taken for right.
// Used by `burnish verify`. It prints nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/bound_session.h"
#include "cli/compare.h"
#include "runtime/tap.h"

namespace burnish::cli {

struct CheckedTensor {
  runtime::TappedTensor tensor;
  Difference difference;
  bool good = true;
};

struct LayerCheck {
  std::vector<CheckedTensor> tensors;  // that both have, in the order in which the first makes them
  size_t skipped = 0;                  // that have another type or other sizes there, or do not exist
  size_t bad = 0;

  const CheckedTensor* first_bad() const;
  const CheckedTensor* worst() const;
};

/// Every tensor by its name.
using TensorsByName = std::map<std::string, Tensor, std::less<>>;
TensorsByName run_tapped(const runtime::Tapped& tapped, const Feeds& feeds);

/// Good is what has no error above `tolerance`, relative to the tensor's largest value; bytes may also be one step apart.
LayerCheck check_layers(const runtime::Tapped& tapped, const TensorsByName& values, const TensorsByName& right, double tolerance);
bool is_good(const Tensor& right, const Difference& difference, double tolerance);

}  // namespace burnish::cli
