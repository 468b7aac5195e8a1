// The grammar of flags that ask types of layers by name, as trtexec has it: "conv1:fp32,*:bf16", "split:fp16+fp32", none|prefer|obey.
// Used by trtexec and by burnish's commands. Every fault is a UsageError.
#pragma once

#include <string_view>
#include <vector>

#include "burnish/layer_types.h"

namespace burnish::cli {

/// With `several`, types joined by + are for the layer's results in order. Names may be quoted with single quotes, and hold one `*`.
std::vector<LayerTypes> parse_layer_types(std::string_view text, bool several);
PrecisionConstraints parse_constraints(std::string_view text);

}  // namespace burnish::cli
