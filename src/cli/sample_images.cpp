#include "cli/sample_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "ops/images/image.h"

namespace burnish::cli {
namespace {

/// Where an input keeps what.
struct ImageAxes {
  size_t channels = 1, height = 2, width = 3;
};

ImageAxes axes_of(const TensorInfo& input) {
  if (std::ranges::any_of(input.dims, [](int64_t size) { return size < 1; })) fail("input `{}` is {}", input.name, text_of(input.dims));
  if (input.dims.size() == 4)
    for (const int64_t channels : {3, 1}) {
      if (input.dims[1] == channels) return {1, 2, 3};
      if (input.dims[3] == channels) return {3, 1, 2};
    }
  fail("input `{}` is {} {}: pictures are for inputs of [N,C,H,W] or [N,H,W,C] with 1 or 3 channels", input.name, name_of(input.dtype),
       text_of(input.dims));
}

/// Which pixels of a line a new pixel is made of: a triangle around its center, wider where the line shrinks.
struct Taps {
  int64_t first = 0;
  std::vector<double> weights;
};

std::vector<Taps> taps_of(int64_t from, int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to), support = std::max(step, 1.0);
  std::vector<Taps> all;
  for (int64_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * step;
    Taps taps{.first = std::max<int64_t>(0, static_cast<int64_t>(std::floor(center - support))), .weights = {}};
    double sum = 0;
    for (int64_t j = taps.first; j < std::min(from, static_cast<int64_t>(std::ceil(center + support))); ++j) {
      taps.weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(j) + 0.5 - center) / support));
      sum += taps.weights.back();
    }
    for (double& weight : taps.weights) weight /= sum;
    all.push_back(std::move(taps));
  }
  return all;
}

/// One plane of numbers.
struct Plane {
  int64_t height = 0, width = 0;
  std::vector<double> values;
};

Plane resized(const Plane& plane, int64_t height, int64_t width) {
  const std::vector<Taps> columns = taps_of(plane.width, width), rows = taps_of(plane.height, height);
  Plane wide{plane.height, width, std::vector<double>(static_cast<size_t>(plane.height * width))};
  for (int64_t y = 0; y < plane.height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const Taps& taps = columns[static_cast<size_t>(x)];
      double sum = 0;
      for (size_t i = 0; i < taps.weights.size(); ++i)
        sum += taps.weights[i] * plane.values[static_cast<size_t>(y * plane.width + taps.first) + i];
      wide.values[static_cast<size_t>(y * width + x)] = sum;
    }
  Plane made{height, width, std::vector<double>(static_cast<size_t>(height * width))};
  for (int64_t y = 0; y < height; ++y) {
    const Taps& taps = rows[static_cast<size_t>(y)];
    for (size_t i = 0; i < taps.weights.size(); ++i)
      for (int64_t x = 0; x < width; ++x)
        made.values[static_cast<size_t>(y * width + x)] +=
            taps.weights[i] * wide.values[static_cast<size_t>((taps.first + static_cast<int64_t>(i)) * width + x)];
  }
  return made;
}

/// Channel `channel` of so many; gray as ITU-R 601 weighs colors.
Plane plane_of(const ops::Image& image, int64_t channel, int64_t channels, bool bgr) {
  Plane plane{image.height, image.width, std::vector<double>(static_cast<size_t>(image.height * image.width))};
  for (size_t i = 0; i < plane.values.size(); ++i) {
    const uint8_t* pixel = image.pixels.data() + i * static_cast<size_t>(image.channels);
    if (image.channels == 1) plane.values[i] = pixel[0];
    else if (channels == 1) plane.values[i] = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    else plane.values[i] = pixel[bgr ? 2 - channel : channel];
  }
  return plane;
}

double value_for(const std::vector<double>& values, int64_t channel) {
  return values[std::min(static_cast<size_t>(channel), values.size() - 1)];
}

}  // namespace

bool is_image(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 9> known{".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".pnm", ".tif", ".tiff"};
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(), [](char c) { return c >= 'A' and c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::find(known, extension) != known.end();
}

Tensor image_input(std::span<const std::byte> file, const TensorInfo& input, const ImagePreparation& preparation) {
  const ImageAxes axes = axes_of(input);
  if (not is_floating(input.dtype) and input.dtype != DType::u8)
    fail("input `{}` is {}; pictures are for floats and bytes", input.name, name_of(input.dtype));
  const ops::Image image = ops::decode_image(std::span(reinterpret_cast<const uint8_t*>(file.data()), file.size()));
  Dims dims = input.dims;
  dims[0] = 1;
  Tensor tensor(input.dtype, dims);
  const int64_t channels = dims[axes.channels], height = dims[axes.height], width = dims[axes.width];
  for (int64_t channel = 0; channel < channels; ++channel) {
    const Plane plane = resized(plane_of(image, channel, channels, preparation.bgr), height, width);
    for (int64_t i = 0; i < height * width; ++i) {
      const double pixel = plane.values[static_cast<size_t>(i)];
      const double number = input.dtype == DType::u8 ? std::nearbyint(pixel)
                                                     : (pixel * preparation.scale - value_for(preparation.mean, channel)) /
                                                           value_for(preparation.deviation, channel);
      tensor.set_number(axes.channels == 1 ? channel * height * width + i : i * channels + channel, number);
    }
  }
  return tensor;
}

std::vector<Tensor> whole_batches(const std::vector<Tensor>& elements, const TensorInfo& input) {
  const auto size = static_cast<size_t>(std::max<int64_t>(1, input.dims.at(0)));
  if (elements.size() < size) fail("{} pictures are no batch of {}, which input `{}` takes", elements.size(), size, input.name);
  std::vector<Tensor> batches;
  for (size_t first = 0; first + size <= elements.size(); first += size) {
    Tensor batch = Tensor::uninitialized(input.dtype, input.dims);
    for (size_t i = 0; i < size; ++i)
      std::memcpy(batch.mutable_data() + i * elements[first].bytes(), elements[first + i].data(), elements[first].bytes());
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace burnish::cli
