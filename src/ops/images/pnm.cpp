// Portable any-maps of 8 bits: gray (P2, P5) and color (P3, P6), as text or binary.
#include "base/error.h"
#include "ops/images/image.h"

namespace burnish::ops {
namespace {

bool is_blank(uint8_t c) { return c == ' ' or (c >= '\t' and c <= '\r'); }

class Words {
 public:
  explicit Words(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  int64_t number() {
    skip();
    int64_t value = 0;
    const size_t start = at_;
    for (; at_ < bytes_.size() and bytes_[at_] >= '0' and bytes_[at_] <= '9'; ++at_) {
      value = value * 10 + (bytes_[at_] - '0');
      if (value > INT32_MAX) fail("a number of the picture is too large");
    }
    if (at_ == start) fail("the picture has no number where one is expected");
    return value;
  }
  size_t position() const { return at_; }

 private:
  void skip() {
    while (at_ < bytes_.size() and (is_blank(bytes_[at_]) or bytes_[at_] == '#'))
      if (bytes_[at_] == '#')
        while (at_ < bytes_.size() and bytes_[at_] != '\n') ++at_;
      else ++at_;
  }

  std::span<const uint8_t> bytes_;
  size_t at_ = 2;
};

}  // namespace

std::optional<Image> decode_pnm(std::span<const uint8_t> bytes) {
  if (bytes.size() < 3 or bytes[0] != 'P' or bytes[1] < '1' or bytes[1] > '7' or not is_blank(bytes[2])) return {};
  const char kind = static_cast<char>(bytes[1]);
  if (kind != '2' and kind != '3' and kind != '5' and kind != '6') fail_unsupported("a portable any-map of the kind P{}", kind);
  Words words(bytes);
  const int64_t width = words.number();
  const int64_t height = words.number();
  const int64_t highest = words.number();
  if (highest < 1 or highest > 255) fail_unsupported("a portable any-map with values up to {}", highest);
  const bool text = kind < '5';
  Image image = blank_image(width, height, kind == '2' or kind == '5' ? 1 : 3, bytes.size());
  const std::span<const uint8_t> stored =
      text ? std::span<const uint8_t>() : ImageBytes(bytes, false).part(words.position() + 1, image.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const int64_t value = text ? words.number() : stored[i];
    if (value > highest) fail("a value of the picture is {}, but its highest is {}", value, highest);
    image.pixels[i] = static_cast<uint8_t>((value * 255 + highest / 2) / highest);
  }
  return image;
}

}  // namespace burnish::ops
