// Ordering of elements: see the header.
#include "ops/ordering.h"

#include <cmath>

namespace burnish::ops {
namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

int three_way_numbers(double a, double b) {
  if (std::isnan(a) or std::isnan(b)) return three_way(std::isnan(a) ? 1 : 0, std::isnan(b) ? 1 : 0);
  return three_way(a, b);
}

}  // namespace

int compare_elements(const Tensor& tensor, int64_t a, int64_t b) {
  if (tensor.dtype() == DType::string) return three_way(tensor.strings()[static_cast<size_t>(a)], tensor.strings()[static_cast<size_t>(b)]);
  if (is_floating(tensor.dtype())) return three_way_numbers(tensor.number(a), tensor.number(b));
  if (tensor.dtype() == DType::u64) return three_way(static_cast<uint64_t>(tensor.integer(a)), static_cast<uint64_t>(tensor.integer(b)));
  return three_way(tensor.integer(a), tensor.integer(b));
}

}  // namespace burnish::ops
