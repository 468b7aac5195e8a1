#include "passes/axis_tracker.h"

#include <algorithm>
#include <deque>

namespace burnish::passes {

int64_t AxisTracker::Axis::extent() const {
  int64_t product = 1;
  for (const Part& part : parts) product *= part.extent;
  return product;
}

AxisTracker::AxisTracker(const Dims& start) {
  for (const int64_t extent : start) {
    const Part part = fresh(extent);
    starts_.emplace_back();
    axes_.emplace_back();
    if (extent == 1) continue;
    starts_.back().push_back(part);
    axes_.back().parts.push_back(part);
  }
}

AxisTracker::Part AxisTracker::fresh(int64_t extent) { return {next_++, extent, {}}; }

std::pair<AxisTracker::Part, AxisTracker::Part> AxisTracker::split(const Part& part, int64_t outer) {
  const std::pair made{fresh(outer), fresh(part.extent / outer)};
  const auto replace_in = [&](std::vector<Part>& parts) {
    const auto at = std::ranges::find(parts, part.id, &Part::id);
    if (at == parts.end()) return;
    *at = made.second;
    parts.insert(at, made.first);
  };
  for (std::vector<Part>& parts : starts_) replace_in(parts);
  for (Axis& axis : axes_) replace_in(axis.parts);
  return made;
}

bool AxisTracker::regroup(const Dims& dims) {
  std::deque<Axis> units;  // single parts, and rolled axes whole
  for (const Axis& axis : axes_) {
    if (axis.shift != 0) units.push_back(axis);
    else
      for (const Part& part : axis.parts) units.push_back({{part}, 0});
  }
  std::vector<Axis> made;
  for (const int64_t extent : dims) {
    Axis axis;
    int64_t product = 1;
    while (product < extent) {
      if (units.empty()) return false;
      Axis unit = std::move(units.front());
      units.pop_front();
      if (unit.shift != 0) {
        if (product != 1 or unit.extent() != extent) return false;
        axis = std::move(unit);
        break;
      }
      const Part part = unit.parts.front();
      if (part.extent == 0) return false;
      if (product * part.extent <= extent) {
        if (extent % (product * part.extent) != 0) return false;
        product *= part.extent;
        axis.parts.push_back(part);
        continue;
      }
      const int64_t outer = extent / product;
      if (extent % product != 0 or part.extent % outer != 0 or part.fixed) return false;
      const auto [first, second] = split(part, outer);
      axis.parts.push_back(first);
      units.push_front({{second}, 0});
      product = extent;
    }
    made.push_back(std::move(axis));
  }
  if (not units.empty()) return false;
  axes_ = std::move(made);
  return true;
}

void AxisTracker::permute(const std::vector<size_t>& order) {
  std::vector<Axis> made;
  made.reserve(order.size());
  for (const size_t axis : order) made.push_back(axes_.at(axis));
  axes_ = std::move(made);
}

bool AxisTracker::uncut(size_t axis, int64_t at, int64_t extent) {
  Axis& own = axes_.at(axis);
  const int64_t length = own.extent();
  if (own.shift != 0 or length == 0 or extent % length != 0 or at % length != 0) return false;
  Part cut = fresh(extent / length);
  cut.fixed = at / length;
  if (cut.extent > 1) own.parts.insert(own.parts.begin(), cut);
  return true;
}

void AxisTracker::roll(size_t axis, int64_t shift) {
  Axis& own = axes_.at(axis);
  own.shift = (own.shift + shift) % std::max<int64_t>(own.extent(), 1);
}

bool AxisTracker::replace_last(size_t as, int64_t extent) {
  if (axes_.empty() or axes_.back().shift != 0) return false;
  const Part part = fresh(extent);
  while (starts_.size() <= as) starts_.emplace_back();
  starts_[as].clear();
  axes_.back().parts.clear();
  if (extent == 1) return true;
  starts_[as].push_back(part);
  axes_.back().parts.push_back(part);
  return true;
}

std::optional<AxisTracker::Name> AxisTracker::name_of(const Part& part) const {
  for (size_t axis = 0; axis < starts_.size(); ++axis)
    for (size_t place = 0; place < starts_[axis].size(); ++place)
      if (starts_[axis][place].id == part.id) return Name{axis, place};
  return std::nullopt;
}

}  // namespace burnish::passes
