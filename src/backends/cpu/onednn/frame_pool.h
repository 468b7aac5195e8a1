// Frames are what one run in progress needs for itself: oneDNN's memory objects carry the addresses of that run. A pool keeps a few of them so that
// running neither locks nor, once warm, allocates. Used by kernels that call primitives; each kernel owns its pool.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>

namespace burnish::cpu::onednn {

template <class Frame>
class FramePool {
 public:
  explicit FramePool(std::function<std::unique_ptr<Frame>()> make) : make_(std::move(make)) { free_[0] = make_().release(); }
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (auto& slot : free_) delete slot.load();
  }

  /// nullptr where a new one is needed and cannot be made.
  std::unique_ptr<Frame> take() const noexcept {
    for (auto& slot : free_)
      if (slot.load(std::memory_order_relaxed) != nullptr)
        if (Frame* frame = slot.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<Frame>(frame);
    try {
      return make_();
    } catch (...) { return nullptr; }
  }

  void give_back(std::unique_ptr<Frame> frame) const noexcept {
    for (auto& slot : free_) {
      Frame* empty = nullptr;
      if (slot.compare_exchange_strong(empty, frame.get(), std::memory_order_release, std::memory_order_relaxed)) {
        static_cast<void>(frame.release());
        return;
      }
    }
  }

 private:
  std::function<std::unique_ptr<Frame>()> make_;
  // One for each session that runs the kernel at the same moment; more than these are made and dropped again.
  mutable std::array<std::atomic<Frame*>, 16> free_{};
};

}  // namespace burnish::cpu::onednn
