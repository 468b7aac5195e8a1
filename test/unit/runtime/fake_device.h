// A device without hardware: its memory is the host's, its streams run what they are given at once, or record it. Tests of the run loop use
// it to see what is enqueued, recorded, launched and copied.
#pragma once

#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "tactics/device.h"

namespace burnish::runtime {

struct FakeStream {
  bool recording = false;
  std::vector<std::function<void()>> recorded;

  void enqueue(std::function<void()> work) {
    if (recording) recorded.push_back(std::move(work));
    else work();
  }
};

class FakeRecording final : public tactics::Recording {
 public:
  explicit FakeRecording(std::vector<std::function<void()>> work) : work_(std::move(work)) {}
  Status launch(void* /*stream*/) const noexcept override {
    for (const auto& one : work_) one();
    return Status::ok();
  }

 private:
  std::vector<std::function<void()>> work_;
};

class FakeDevice final : public tactics::Device {
 public:
  mutable int allocations = 0, recordings = 0, copies = 0, synchronizations = 0;
  mutable bool is_lost = false;

  std::byte* allocate(int64_t bytes) const override {
    ++allocations;
    return static_cast<std::byte*>(std::aligned_alloc(256, (static_cast<size_t>(bytes) + 255) / 256 * 256));
  }
  void release(std::byte* memory) const noexcept override { std::free(memory); }
  void* make_stream() const override { return new FakeStream; }
  void release_stream(void* stream) const noexcept override { delete static_cast<FakeStream*>(stream); }
  Status synchronize(void* /*stream*/) const noexcept override {
    ++synchronizations;
    return is_lost ? Status(StatusCode::internal, "the device is lost") : Status::ok();
  }
  Status copy(std::byte* to, const std::byte* from, int64_t bytes, void* /*stream*/) const noexcept override {
    ++copies;
    std::memcpy(to, from, static_cast<size_t>(bytes));
    return Status::ok();
  }
  Status fill(std::byte* memory, int byte, int64_t bytes, void* /*stream*/) const noexcept override {
    std::memset(memory, byte, static_cast<size_t>(bytes));
    return Status::ok();
  }
  Status begin_recording(void* stream) const noexcept override {
    static_cast<FakeStream*>(stream)->recording = true;
    return Status::ok();
  }
  Status end_recording(void* stream, std::unique_ptr<tactics::Recording>& previous) const noexcept override {
    auto* fake = static_cast<FakeStream*>(stream);
    fake->recording = false;
    ++recordings;
    previous = std::make_unique<FakeRecording>(std::move(fake->recorded));
    fake->recorded.clear();
    return Status::ok();
  }
  void* make_event() const override { return nullptr; }
  void release_event(void* /*event*/) const noexcept override {}
  Status record_event(void* /*event*/, void* /*stream*/) const noexcept override { return Status::ok(); }
  double seconds_between(void* /*begin*/, void* /*end*/) const noexcept override { return 1e-3; }
  double transfer_bandwidth() const override { return 1e9; }
  double transfer_latency() const override { return 1e-5; }
};

}  // namespace burnish::runtime
