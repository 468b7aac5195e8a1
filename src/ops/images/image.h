// Pictures in the file formats that ImageDecoder reads, decoded to rows of RGB or gray bytes. Called by ImageDecoder, and by whoever reads samples.
// Files are untrusted: every read is bounds-checked, sizes are checked before memory is asked for, and a damaged file is an Error.
// Only what is common is read: each decoder says what it leaves out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace burnish::ops {

struct Image {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 3;  // 3: red, green, blue; 1: gray
  std::vector<uint8_t> pixels;
};

/// Room for the pixels, all zero; Error where the sizes are not those of a picture, or no file of so many bytes could hold it.
Image blank_image(int64_t width, int64_t height, int64_t channels, size_t file_bytes);

/// Of any format that is read here. Throws Error.
Image decode_image(std::span<const uint8_t> bytes);

/// Each gives nothing where the bytes are another format's, and throws Error on a file that is damaged or of a kind it does not read.
std::optional<Image> decode_bmp(std::span<const uint8_t> bytes);
std::optional<Image> decode_pnm(std::span<const uint8_t> bytes);
std::optional<Image> decode_png(std::span<const uint8_t> bytes);
std::optional<Image> decode_tiff(std::span<const uint8_t> bytes);
std::optional<Image> decode_jpeg(std::span<const uint8_t> bytes);

/// Reads numbers at any place of a file; Error beyond its end.
class ImageBytes {
 public:
  ImageBytes(std::span<const uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  uint8_t u8(size_t at) const { return part(at, 1)[0]; }
  uint32_t u16(size_t at) const { return number(at, 2); }
  uint32_t u32(size_t at) const { return number(at, 4); }
  std::span<const uint8_t> part(size_t at, size_t count) const;
  size_t size() const { return bytes_.size(); }

 private:
  uint32_t number(size_t at, size_t count) const;

  std::span<const uint8_t> bytes_;
  bool big_endian_;
};

}  // namespace burnish::ops
