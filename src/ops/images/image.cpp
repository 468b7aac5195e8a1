// What all decoders share.
#include "ops/images/image.h"

#include "base/error.h"

namespace burnish::ops {

Image blank_image(int64_t width, int64_t height, int64_t channels, size_t file_bytes) {
  constexpr int64_t longest = int64_t{1} << 17;
  constexpr int64_t most_pixels = int64_t{1} << 29;
  if (width < 1 or height < 1 or width > longest or height > longest or width * height > most_pixels)
    fail("a picture of {}x{} pixels", width, height);
  constexpr int64_t best_compression = 1100;
  if (width * height / best_compression > static_cast<int64_t>(file_bytes))
    fail("a picture of {}x{} pixels in a file of {} bytes", width, height, file_bytes);
  Image image{.width = width, .height = height, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<size_t>(width * height * channels));
  return image;
}

std::span<const uint8_t> ImageBytes::part(size_t at, size_t count) const {
  if (at > bytes_.size() or count > bytes_.size() - at) fail("the picture ends after {} bytes, before all of it was read", bytes_.size());
  return bytes_.subspan(at, count);
}

uint32_t ImageBytes::number(size_t at, size_t count) const {
  const std::span<const uint8_t> digits = part(at, count);
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value = (value << 8U) | digits[big_endian_ ? i : count - 1 - i];
  return value;
}

Image decode_image(std::span<const uint8_t> bytes) {
  for (const auto decode : {decode_bmp, decode_pnm, decode_png, decode_tiff, decode_jpeg})
    if (std::optional<Image> image = decode(bytes)) return std::move(*image);
  fail_unsupported("the picture's format is not known; bitmaps, portable any-maps, PNG, TIFF and JPEG are read");
}

}  // namespace burnish::ops
