// The arithmetic of JPEG: blocks of coefficients to samples, small color planes to the picture's size, and colors to RGB.
// In whole numbers throughout. Called by the decoder, which has checked all sizes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace burnish::ops {

/// The inverse cosine transform of 8x8 dequantized coefficients (row by row), shifted to 0..255.
void write_jpeg_block(const std::array<int, 64>& coefficients, uint8_t* to, int64_t stride);

struct JpegPlane {
  const uint8_t* samples;
  int64_t width;
  int64_t height;
  int64_t stride;
};

/// A plane in the picture's size. Twofold enlargement weighs neighbours 3 to 1; any other repeats samples.
std::vector<uint8_t> enlarged(const JpegPlane& plane, int64_t across, int64_t down, int64_t width, int64_t height);

void write_rgb(int y, int cb, int cr, uint8_t* rgb);

}  // namespace burnish::ops
