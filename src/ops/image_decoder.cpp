// ImageDecoder: a picture file as pixels. ONNX ImageDecoder, opset 20.
// Input: the bytes of a file, u8 [N]. Output: u8 [height, width, 3], or [.., .., 1] for gray. Windows bitmaps, portable any-maps, PNG, TIFF and
// baseline JPEG are read; JPEG 2000 and WebP are not.
#include "base/error.h"
#include "ops/images/image.h"
#include "ops/operator.h"

namespace burnish::ops {

enum class PixelFormat : uint8_t { rgb, bgr, grayscale };
template <>
struct EnumNames<PixelFormat> {
  static constexpr std::array<std::string_view, 3> names{"rgb", "bgr", "grayscale"};
};

struct ImageDecoder {
  PixelFormat format = PixelFormat::rgb;
  static constexpr auto fields = std::tuple{field("format", &ImageDecoder::format)};
};

namespace {

void infer(const ImageDecoder& op, InferContext& context) {
  context.expect_inputs(1, 1);
  context.expect_rank(0, 1);
  if (context.dtype(0) != DType::u8) fail("the file is {}; it must be bytes (u8)", name_of(context.dtype(0)));
  const Dim height = context.unknown_dim();
  const Dim width = context.unknown_dim();
  context.output(0, DType::u8, {height, width, op.format == PixelFormat::grayscale ? 1 : 3});
}

/// Brightness as ITU-R 601 weighs the colors, in whole numbers as picture libraries do.
uint8_t brightness(const uint8_t* rgb) {
  return static_cast<uint8_t>((uint32_t{rgb[0]} * 19595 + uint32_t{rgb[1]} * 38470 + uint32_t{rgb[2]} * 7471 + 0x8000U) >> 16U);
}

void write_pixel(PixelFormat format, const uint8_t* from, int64_t channels, uint8_t* to) {
  const uint8_t rgb[] = {from[0], from[channels == 3 ? 1 : 0], from[channels == 3 ? 2 : 0]};
  if (format == PixelFormat::grayscale) {
    *to = channels == 1 ? from[0] : brightness(rgb);
    return;
  }
  for (size_t i = 0; i < 3; ++i) to[i] = rgb[format == PixelFormat::bgr ? 2 - i : i];
}

void reference(const ImageDecoder& op, EvalContext& context) {
  const Image image = decode_image(context.input(0).values<uint8_t>());
  const int64_t channels = op.format == PixelFormat::grayscale ? 1 : 3;
  Tensor& out = context.allocate(0, DType::u8, {image.height, image.width, channels});
  uint8_t* to = out.mutable_values<uint8_t>().data();
  for (int64_t i = 0; i < image.width * image.height; ++i)
    write_pixel(op.format, image.pixels.data() + i * image.channels, image.channels, to + i * channels);
}

ImageDecoder import(const ImportContext& context) {
  const std::string format = context.string_or("pixel_format", "RGB");
  if (format != "RGB" and format != "BGR" and format != "Grayscale") fail("pixel_format is `{}`; it must be RGB, BGR or Grayscale", format);
  return {.format = format == "RGB" ? PixelFormat::rgb : format == "BGR" ? PixelFormat::bgr : PixelFormat::grayscale};
}

}  // namespace

void register_image_decoder(Registry& registry) {
  registry.add<ImageDecoder>({.name = "ImageDecoder",
                              .infer = infer,
                              .reference = reference,
                              .onnx = {{.name = "ImageDecoder", .since = 20, .import = import}},
                              .traits = Trait::data_dependent});
}

}  // namespace burnish::ops
