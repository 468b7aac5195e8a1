#include "passes/token_order.h"

#include <algorithm>
#include <utility>

namespace burnish::passes {
namespace {

constexpr size_t most_spatial_axes = 2;

/// What a tensor's elements are in memory: the last parts, and before them single parts or whole rolled axes.
class TokenReader {
 public:
  /// `inner`: how many parts at the end are no tokens.
  std::optional<Tokens> read(const AxisTracker& axes, size_t inner) {
    axes_ = &axes;
    units_.clear();
    for (const AxisTracker::Axis& axis : axes.axes()) {
      if (axis.shift != 0) units_.push_back(axis);
      else
        for (const AxisTracker::Part& part : axis.parts) units_.push_back({{part}, 0});
    }
    if (units_.size() < inner + 1) return {};
    units_.resize(units_.size() - inner);
    std::optional<Tokens> found = read_units();
    if (not found or groups_ != axes.parts_of(group).size() or tokens_ != axes.parts_of(token).size()) return {};
    return found;
  }

 private:
  /// A window's axis: how often it repeats, and its extent.
  struct Spatial {
    int64_t count = 1, window = 1, shift = 0;
  };

  /// The next part of starting axis `wanted`, in order.
  bool is_next(const AxisTracker::Part& part, size_t wanted) const {
    const auto name = axes_->name_of(part);
    return not part.fixed and name and name->axis == wanted and name->place == (wanted == group ? groups_ : tokens_);
  }

  std::optional<Tokens> read_units() {
    groups_ = tokens_ = 0;
    Tokens made;
    std::vector<int64_t> leading;  // groups before the first token
    std::vector<Spatial> spatial;
    std::optional<int64_t> count;  // of windows along the axis that comes
    bool rolled_first = false;
    for (const AxisTracker::Axis& unit : units_) {
      if (unit.shift != 0) {
        const std::optional<Spatial> axis = rolled(unit);
        if (not axis or count) return {};
        rolled_first |= spatial.empty();
        spatial.push_back(*axis);
        continue;
      }
      const AxisTracker::Part& part = unit.parts.front();
      if (is_next(part, group)) {
        ++groups_;
        if (spatial.empty()) leading.push_back(part.extent);
        else if (std::exchange(count, part.extent)) return {};
        continue;
      }
      if (not is_next(part, token)) return {};
      ++tokens_;
      spatial.push_back({count.value_or(1), part.extent, 0});
      count.reset();
    }
    if (count or spatial.empty()) return {};
    const bool windows = std::ranges::any_of(spatial, [](const Spatial& axis) { return axis.count != 1 or axis.shift != 0; });
    join(spatial);
    if (spatial.size() > most_spatial_axes) return {};
    if (windows and not rolled_first and not leading.empty()) {
      spatial.front().count = leading.back();
      leading.pop_back();
    }
    for (const int64_t extent : leading) made.batch *= extent;
    for (const Spatial& axis : spatial) {
      made.extents.push_back(axis.count * axis.window);
      made.window.push_back(axis.window);
      made.shift.push_back(axis.shift);
    }
    return made;
  }

  /// Neighbours without windows between them can be one axis.
  static void join(std::vector<Spatial>& spatial) {
    for (size_t i = spatial.size(); i-- > 1 and spatial.size() > most_spatial_axes;) {
      if (spatial[i].count != 1 or spatial[i].shift != 0 or spatial[i - 1].shift != 0) continue;
      spatial[i - 1].window *= spatial[i].window;
      spatial.erase(spatial.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  std::optional<Spatial> rolled(const AxisTracker::Axis& unit) {
    Spatial axis{.shift = unit.shift};
    size_t at = 0;
    if (at < unit.parts.size() and is_next(unit.parts[at], group)) {
      ++groups_;
      axis.count = unit.parts[at++].extent;
    }
    for (; at < unit.parts.size(); ++at) {
      if (not is_next(unit.parts[at], token)) return {};
      ++tokens_;
      axis.window *= unit.parts[at].extent;
    }
    return axis;
  }

  const AxisTracker* axes_ = nullptr;
  std::vector<AxisTracker::Axis> units_;
  size_t groups_ = 0, tokens_ = 0;
};

}  // namespace

bool Tokens::is_plain() const {
  return windows() == 1 and std::ranges::all_of(shift, [](int64_t one) { return one == 0; });
}

bool Tokens::same_order(const Tokens& other) const {
  if (is_plain() and other.is_plain()) return batch == other.batch and element_count(extents) == element_count(other.extents);
  return batch == other.batch and extents == other.extents and window == other.window and shift == other.shift;
}

Dims Tokens::dims(int64_t columns) const {
  Dims all{batch};
  all.insert(all.end(), extents.begin(), extents.end());
  all.push_back(columns);
  return all;
}

int64_t Tokens::windows() const {
  int64_t count = 1;
  for (size_t axis = 0; axis < extents.size(); ++axis) count *= extents[axis] / window[axis];
  return count;
}

std::optional<Tokens> tokens_of(const AxisTracker& axes, size_t inner) { return TokenReader().read(axes, inner); }

}  // namespace burnish::passes
