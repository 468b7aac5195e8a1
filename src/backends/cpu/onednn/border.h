// A border of one byte around the spatial axes of a channels-last tensor of bytes: what a convolution pads with where its library pads with 0.
// Made by the tactic of integer convolutions, filled by the kernel before its primitive runs. It knows no primitive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace burnish::cpu::onednn {

struct Border {
  int64_t images = 1;
  int64_t channels = 1;
  std::array<int64_t, 3> extents{1, 1, 1};  // depth, height, width; 1 for axes that the tensor does not have
  std::array<int64_t, 3> before{}, after{};
  uint8_t fill = 0;

  int64_t bytes() const;  // with the border
};

/// For a tensor [images, channels, spatial axes...] with pads for each of one to three spatial axes.
Border border_around(std::span<const int64_t> dims, std::span<const int64_t> before, std::span<const int64_t> after, uint8_t fill);

void copy_into(const Border& border, const std::byte* from, std::byte* to) noexcept;

}  // namespace burnish::cpu::onednn
