// RangeMarker: for backends that can tell a profiler which step the host is enqueueing, so that its timeline shows the network's own names.
// Sessions ask a backend for it and mark every step and every launch of a recorded graph. It measures nothing itself.
#pragma once

namespace burnish::tactics {

class RangeMarker {
 public:
  virtual ~RangeMarker() = default;
  /// Ranges nest, one thread's at a time. Cheap where no profiler listens: never allocates, never throws.
  virtual void begin_range(const char* name) const noexcept = 0;
  virtual void end_range() const noexcept = 0;
};

/// A range as long as the object lives; nothing where there is no marker.
class MarkedRange {
 public:
  MarkedRange(const RangeMarker* marker, const char* name) noexcept : marker_(marker) {
    if (marker_ != nullptr) marker_->begin_range(name);
  }
  ~MarkedRange() {
    if (marker_ != nullptr) marker_->end_range();
  }
  MarkedRange(const MarkedRange&) = delete;
  MarkedRange& operator=(const MarkedRange&) = delete;

 private:
  const RangeMarker* marker_;
};

}  // namespace burnish::tactics
