// A model's inputs and outputs as its file states them: what wildcards and formats of the command line are resolved against.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "burnish/dtype.h"
#include "cli/values.h"

namespace burnish::cli {

struct Port {
  std::string name;
  DType dtype = DType::f32;
  size_t rank = 0;
  std::string shape;  // "[N,3,224,224]"
};

struct ModelInterface {
  std::vector<Port> inputs, outputs;
};

/// `shapes` complete inputs that the model declares without a shape; wildcards in it are left out. Throws Error.
ModelInterface read_interface(const std::filesystem::path& model, const ShapeList& shapes = {});

}  // namespace burnish::cli
