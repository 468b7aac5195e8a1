// The Fourier transform of one line of numbers, for the reference evaluations of Dft and Stft: powers of two by halving, others directly.
#pragma once

#include <complex>
#include <vector>

namespace burnish::ops {

/// Unnormalized; `inverse` turns the other way.
std::vector<std::complex<double>> fourier(const std::vector<std::complex<double>>& line, bool inverse);

}  // namespace burnish::ops
