// Sliding windows, the host's side: how tensors with channels and up to three spatial axes are walked by pools and direct convolutions,
// and how strides, extents and pads become a kernel's argument. See windows.cuh for the device's side.
#pragma once

#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/kernels/tail.h"
#include "ops/window.h"

namespace burnish::cuda {

/// The axes of an image: batch, channel, depth, height, width; missing spatial axes have extent 1.
inline constexpr size_t image_axes = 5;
using ImageDims = std::array<int64_t, image_axes>;

/// Extents of a tensor [N,C,d...] with one to three spatial axes.
ImageDims image_extents(const Dims& dims);
/// Its strides in a format, in the same order; 0 where the extent is 1.
ImageDims image_strides(const tactics::Format& format, const Dims& dims);

/// The output's axes in the order in which threads walk them: the one that lies contiguous in memory last.
std::array<size_t, image_axes> walk_of(const Layout& output);
bool is_channels_last(const Layout& layout);

/// The tail of a request over the walked axes: operands broadcast to the output; those in `by_channel` (positions in `program.inputs`)
/// have one value for each channel. `fixed`: see TailStyle.
Tail image_tail(const tactics::OpRequest& request, const tactics::Variant& variant, const TailProgram& program,
                const std::vector<size_t>& by_channel, int width, bool fixed = false);

/// What a kernel of this family is launched with: pointers come when it runs.
class ImageArguments {
 public:
  /// The tail's operands are the request's inputs in `inputs`.
  ImageArguments(Tail tail, std::vector<size_t> inputs) : tail_(std::move(tail)), inputs_(std::move(inputs)) {}
  template <class Constants>
  void pack(const Constants& constants, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
            Tail::Argument& to) const noexcept {
    std::array<const std::byte*, 32> operands{};
    std::array<std::byte*, 32> outputs{};
    for (size_t i = 0; i < inputs_.size(); ++i) operands[i] = constants.of(inputs_[i], in[inputs_[i]].data);
    for (size_t i = 0; i < out.size() and i < outputs.size(); ++i) outputs[i] = out[i].data;
    tail_.pack({operands.data(), inputs_.size()}, outputs, to);
  }

 private:
  Tail tail_;
  std::vector<size_t> inputs_;
};

/// "Window<3, 2, 1>, Window<...>, Window<...>": kernel, stride and dilation of depth, height and width.
std::string window_types(const ops::WindowBox& box);

/// Channels that one thread computes together: as many as one access of `bytes` holds and all strides and extents allow.
int channels_together(const tactics::Format& format, const Dims& dims, int bytes = 16);

}  // namespace burnish::cuda
