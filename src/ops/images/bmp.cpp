// Windows bitmaps without compression: 24 or 32 bits a pixel, or 8 bits with a palette.
#include "base/error.h"
#include "ops/images/image.h"

namespace burnish::ops {

std::optional<Image> decode_bmp(std::span<const uint8_t> bytes) {
  const ImageBytes file(bytes, false);
  if (file.size() < 2 or bytes[0] != 'B' or bytes[1] != 'M') return {};
  const uint32_t data = file.u32(10);
  const uint32_t header = file.u32(14);
  if (header < 40) fail("a bitmap with a header of {} bytes", header);
  const auto width = static_cast<int64_t>(static_cast<int32_t>(file.u32(18)));
  const auto signed_height = static_cast<int64_t>(static_cast<int32_t>(file.u32(22)));
  const uint32_t bits = file.u16(28);
  if (const uint32_t compression = file.u32(30); compression != 0 and not(compression == 3 and bits == 32))
    fail_unsupported("a bitmap with compression {}", compression);
  if (bits != 8 and bits != 24 and bits != 32) fail_unsupported("a bitmap with {} bits a pixel", bits);
  const bool upside_down = signed_height > 0;
  Image image = blank_image(width, upside_down ? signed_height : -signed_height, 3, bytes.size());
  const size_t step = bits / 8;
  const size_t row_bytes = (static_cast<size_t>(width) * step + 3) / 4 * 4;
  uint8_t* to = image.pixels.data();
  for (int64_t y = 0; y < image.height; ++y) {
    const auto stored = static_cast<size_t>(upside_down ? image.height - 1 - y : y);
    const std::span<const uint8_t> row = file.part(data + stored * row_bytes, static_cast<size_t>(width) * step);
    for (size_t x = 0; x < static_cast<size_t>(width); ++x, to += 3) {
      const std::span<const uint8_t> color = bits == 8 ? file.part(14 + header + size_t{4} * row[x], 3) : row.subspan(x * step, 3);
      to[0] = color[2];
      to[1] = color[1];
      to[2] = color[0];
    }
  }
  return image;
}

}  // namespace burnish::ops
