// What an application may ask of single layers by name: the types they compute in, and those they store their results in.
// Part of BuildConfig; the build turns it into which kernels a layer may have. Nothing here reads flags or decides anything.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/dtype.h"

namespace burnish {

/// Types asked for the layers of a name. A layer is an ONNX node.
struct LayerTypes {
  /// One `*` in it stands for any characters. A whole name goes before a pattern, later entries before earlier ones, and `*` alone is for
  /// layers that no other entry names.
  std::string layer;
  /// What it computes in: one. What it stores: one for each of its results, or one for all.
  std::vector<DType> types;
};

/// What becomes of a type that no kernel of the layer has.
enum class PrecisionConstraints : uint8_t {
  none,    // nothing is asked of layers
  prefer,  // a warning
  obey,    // the build fails, and names the layer
};

struct LayerDemands {
  PrecisionConstraints constraints = PrecisionConstraints::none;
  std::vector<LayerTypes> precisions;
  std::vector<LayerTypes> output_types;

  bool ask_anything() const { return constraints != PrecisionConstraints::none and not(precisions.empty() and output_types.empty()); }
};

/// The entry that decides for a layer, and how particular it is: 0 where none does.
struct LayerMatch {
  const LayerTypes* entry = nullptr;
  int particularity = 0;  // 1: `*`, 2: another pattern, 3: the name itself
};
LayerMatch match_layer(std::span<const LayerTypes> entries, std::string_view layer);

}  // namespace burnish
