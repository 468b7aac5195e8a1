// The Fourier transform of one line: see the header.
#include "ops/fourier.h"

#include <cmath>
#include <cstdint>
#include <numbers>

namespace burnish::ops {

using Line = std::vector<std::complex<double>>;

namespace {

/// exp(+-2 pi i k / n) for all k.
Line turns(size_t n, bool inverse) {
  Line result(n);
  for (size_t k = 0; k < n; ++k)
    result[k] = std::polar(1.0, (inverse ? 2 : -2) * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n));
  return result;
}

Line directly(const Line& line, bool inverse) {
  const size_t n = line.size();
  const Line turn = turns(n, inverse);
  Line result(n);
  for (size_t k = 0; k < n; ++k)
    for (size_t i = 0, step = 0; i < n; ++i, step = (step + k) % n) result[k] += line[i] * turn[step];
  return result;
}

}  // namespace

Line fourier(const Line& line, bool inverse) {
  const size_t n = line.size();
  if (n < 16 or n % 2 != 0) return directly(line, inverse);
  Line even(n / 2);
  Line odd(n / 2);
  for (size_t i = 0; i < n / 2; ++i) {
    even[i] = line[2 * i];
    odd[i] = line[2 * i + 1];
  }
  even = fourier(even, inverse);
  odd = fourier(odd, inverse);
  const Line turn = turns(n, inverse);
  Line result(n);
  for (size_t k = 0; k < n; ++k) result[k] = even[k % (n / 2)] + turn[k] * odd[k % (n / 2)];
  return result;
}

}  // namespace burnish::ops
