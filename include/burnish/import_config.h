// What an application may say about a model while it is read: sizes of dynamic inputs, trust in its folder, and where messages go.
// Filled by the builder, the command line and the bindings; read by the model reader alone. It never holds anything about devices.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "burnish/logger.h"
#include "burnish/tensor.h"

namespace burnish {

struct ImportConfig {
  /// Sizes of inputs by name. A negative size leaves that axis as the model has it.
  std::map<std::string, Dims> input_shapes;
  /// Sizes of the model's symbolic dimensions by name ("batch").
  std::map<std::string, int64_t> symbols;
  /// External data in a file that other names share may lie outside the model's folder; it is refused unless this is set.
  bool allow_hard_links = false;
  Logger log;
};

}  // namespace burnish
