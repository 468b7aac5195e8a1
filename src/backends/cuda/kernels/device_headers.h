// The device headers of this folder (*.cuh), embedded as text when Burnish is built; the compiler at run time includes them by name.
#pragma once

#include <span>

namespace burnish::cuda {

struct DeviceHeader {
  const char* name;
  const char* text;
};

std::span<const DeviceHeader> device_headers();

}  // namespace burnish::cuda
