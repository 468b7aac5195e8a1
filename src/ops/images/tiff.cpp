// TIFF as most programs write it: strips of 8-bit gray or RGB samples, without compression or with zlib's. The first picture of a file counts.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/inflate.h"
#include "ops/images/image.h"

namespace burnish::ops {
namespace {

enum Tag : uint32_t {
  tag_width = 256,
  tag_height = 257,
  tag_bits = 258,
  tag_compression = 259,
  tag_meaning = 262,
  tag_offsets = 273,
  tag_samples = 277,
  tag_rows = 278,
  tag_sizes = 279,
  tag_planes = 284,
  tag_predictor = 317,
};

using Fields = std::map<uint32_t, std::vector<uint32_t>>;

Fields fields_of(const ImageBytes& file) {
  Fields fields;
  const size_t directory = file.u32(4);
  const uint32_t count = file.u16(directory);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + 12 * i;
    const uint32_t type = file.u16(entry + 2);
    const uint32_t length = file.u32(entry + 4);
    if (type != 3 and type != 4) continue;  // the other types say nothing about the pixels
    const size_t width = type == 3 ? 2 : 4;
    const size_t first = length * width <= 4 ? entry + 8 : file.u32(entry + 8);
    file.part(first, length * width);
    std::vector<uint32_t>& values = fields[file.u16(entry)];
    for (size_t j = 0; j < length; ++j) values.push_back(width == 2 ? file.u16(first + 2 * j) : file.u32(first + 4 * j));
  }
  return fields;
}

uint32_t single(const Fields& fields, Tag tag, uint32_t otherwise) {
  const auto found = fields.find(tag);
  return found == fields.end() or found->second.empty() ? otherwise : found->second.front();
}

/// Differences to the left neighbour, added up.
void undo_predictor(std::span<uint8_t> row, size_t samples) {
  for (size_t i = samples; i < row.size(); ++i) row[i] = static_cast<uint8_t>(row[i] + row[i - samples]);
}

}  // namespace

std::optional<Image> decode_tiff(std::span<const uint8_t> bytes) {
  if (bytes.size() < 8 or bytes[0] != bytes[1] or (bytes[0] != 'I' and bytes[0] != 'M')) return {};
  const ImageBytes file(bytes, bytes[0] == 'M');
  if (file.u16(2) != 42) return {};
  const Fields fields = fields_of(file);
  const uint32_t samples = single(fields, tag_samples, 1);
  const uint32_t compression = single(fields, tag_compression, 1);
  const uint32_t meaning = single(fields, tag_meaning, 1);
  if (samples != 1 and samples != 3) fail_unsupported("a TIFF with {} samples a pixel", samples);
  if (meaning > 2 or (meaning == 2) != (samples == 3)) fail_unsupported("a TIFF with the photometric interpretation {}", meaning);
  if (compression != 1 and compression != 8) fail_unsupported("a TIFF with compression {}", compression);
  if (single(fields, tag_planes, 1) != 1) fail_unsupported("a TIFF in planes");
  const auto bits = fields.find(tag_bits);
  if (bits == fields.end() or not std::ranges::all_of(bits->second, [](uint32_t one) { return one == 8; }))
    fail_unsupported("a TIFF with samples of other than 8 bits");
  Image image = blank_image(single(fields, tag_width, 0), single(fields, tag_height, 0), samples, bytes.size());
  const auto offsets = fields.find(tag_offsets);
  const auto sizes = fields.find(tag_sizes);
  if (offsets == fields.end() or sizes == fields.end() or offsets->second.size() != sizes->second.size())
    fail_unsupported("a TIFF without strips");
  const size_t row_bytes = static_cast<size_t>(image.width) * samples;
  const size_t rows = std::clamp<size_t>(single(fields, tag_rows, UINT32_MAX), 1, static_cast<size_t>(image.height));
  size_t filled = 0;
  for (size_t i = 0; i < offsets->second.size() and filled < image.pixels.size(); ++i) {
    const size_t wanted = std::min(rows * row_bytes, image.pixels.size() - filled);
    const std::span<const uint8_t> stored = file.part(offsets->second[i], sizes->second[i]);
    if (compression == 1 and stored.size() < wanted) fail("a strip of the picture has {} bytes, but {} are needed", stored.size(), wanted);
    const std::vector<uint8_t> strip = compression == 1
                                           ? std::vector<uint8_t>(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(wanted))
                                           : inflated(stored, wanted);
    std::ranges::copy(strip, image.pixels.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += wanted;
  }
  if (filled < image.pixels.size()) fail("the strips of the picture end before its last row");
  for (size_t row = 0; row < image.pixels.size(); row += row_bytes)
    if (single(fields, tag_predictor, 1) == 2) undo_predictor(std::span(image.pixels).subspan(row, row_bytes), samples);
  if (meaning == 0)
    for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(255 - value);
  return image;
}

}  // namespace burnish::ops
