// --device: the GPU that the program uses. The driver numbers the GPUs it shows, and is told which to show before it is opened, as the
// variable CUDA_VISIBLE_DEVICES tells it; so the flag is looked for before anything else is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace burnish::cli::trtexec {

/// The number that the arguments give to --device, the last where there are several.
std::optional<int> asked_gpu(const std::vector<std::string>& arguments);

/// Of the GPUs that `visible` lists ("" or "2,0,1"; nothing: all), number `gpu`, in the driver's words. Throws UsageError where it lists fewer, but
/// leaves an empty list as it is.
std::string visible_gpu(std::optional<std::string_view> visible, int gpu);

/// Makes the driver show the GPU that the arguments ask for alone.
void show_asked_gpu(const std::vector<std::string>& arguments);

}  // namespace burnish::cli::trtexec
