// Follows the axes of a tensor through steps that only move elements: what each axis of another tensor is made of, in terms of the axes
// that tracking began with. Axes are split and joined as reshapes ask; a roll stays with its axis. Called by passes that recognize a
// computation whatever its movements were spelled like. It looks at shapes alone and never changes a graph.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "burnish/tensor.h"

namespace burnish::passes {

class AxisTracker {
 public:
  /// Part `place` of starting axis `axis`, outermost first; or, of an axis that was cut to one place, that place.
  struct Part {
    size_t id = 0;
    int64_t extent = 1;
    std::optional<int64_t> fixed;
  };
  /// Parts from outermost to innermost. Rolled: element i of the parts lies at (i + shift) modulo the extent.
  struct Axis {
    std::vector<Part> parts;
    int64_t shift = 0;
    int64_t extent() const;
  };
  /// What a part is called by its place: the starting axis, and the how-manieth part of it.
  struct Name {
    size_t axis = 0, place = 0;
    bool operator==(const Name&) const = default;
  };

  explicit AxisTracker(const Dims& start);

  /// The same elements row-major under other extents; false where they cannot be told apart so.
  bool regroup(const Dims& dims);
  /// Axis i becomes axis order[i].
  void permute(const std::vector<size_t>& order);
  /// Axis `axis`, which has one place, was cut from place `at` of `extent`; or was place `at` of `extent / own` equal pieces.
  bool uncut(size_t axis, int64_t at, int64_t extent);
  void roll(size_t axis, int64_t shift);
  /// A computation along the last axis took its place: fresh parts of starting axis `as`.
  bool replace_last(size_t as, int64_t extent);

  const std::vector<Axis>& axes() const { return axes_; }
  std::optional<Name> name_of(const Part& part) const;
  /// The parts of a starting axis, outermost first, without those of extent 1.
  const std::vector<Part>& parts_of(size_t axis) const { return starts_.at(axis); }

 private:
  Part fresh(int64_t extent);
  /// Splits a part in two and returns them.
  std::pair<Part, Part> split(const Part& part, int64_t outer);

  size_t next_ = 0;
  std::vector<std::vector<Part>> starts_;
  std::vector<Axis> axes_;
};

}  // namespace burnish::passes
