// Device: what a backend brings whose tensors lie in memory of their own: that memory, streams of work, events, and recordings that
// launch many kernels at once. Timing and sessions use it; kernels get its streams through RunContext. Work on a stream runs in order and
// apart from the host; nothing here is a network's or a plan's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "burnish/status.h"

namespace burnish::tactics {

/// Kernels recorded on a stream, launched as one (CUDA: an instantiated graph).
class Recording {
 public:
  virtual ~Recording() = default;
  virtual Status launch(void* stream) const noexcept = 0;
};

/// Thread-safe. Handles (memory, streams, events) belong to the caller, who releases them here.
class Device {
 public:
  virtual ~Device() = default;
  /// Aligned to 256 bytes. Throws Error (resource_exhausted).
  virtual std::byte* allocate(int64_t bytes) const = 0;
  virtual void release(std::byte* memory) const noexcept = 0;

  virtual void* make_stream() const = 0;
  virtual void release_stream(void* stream) const noexcept = 0;
  virtual Status synchronize(void* stream) const noexcept = 0;

  /// Between any two memories, in the stream's order. Host memory must stay valid until the stream is synchronized.
  virtual Status copy(std::byte* to, const std::byte* from, int64_t bytes, void* stream) const noexcept = 0;
  virtual Status fill(std::byte* memory, int byte, int64_t bytes, void* stream) const noexcept = 0;

  /// Bytes that its last cache keeps from one kernel to the next; 0 where that is not known.
  virtual int64_t cache_bytes() const { return 0; }
  /// Reads memory and drops what it read: brings it into that cache, and drives out what was there.
  virtual Status read(const std::byte* /*memory*/, int64_t /*bytes*/, void* /*stream*/) const noexcept { return Status::ok(); }

  /// Between the two, what is enqueued on the stream is recorded and not run. `previous` is updated in place where that is possible.
  virtual Status begin_recording(void* stream) const noexcept = 0;
  virtual Status end_recording(void* stream, std::unique_ptr<Recording>& previous) const noexcept = 0;

  virtual void* make_event() const = 0;
  virtual void release_event(void* event) const noexcept = 0;
  virtual Status record_event(void* event, void* stream) const noexcept = 0;
  /// By the device's clock; both must have happened.
  virtual double seconds_between(void* begin, void* end) const noexcept = 0;

  /// Bytes a second between host and device, and seconds that every transfer costs besides.
  virtual double transfer_bandwidth() const = 0;
  virtual double transfer_latency() const = 0;
};

/// Memory of a device, released with its owner.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(const Device& device, int64_t bytes) : device_(&device), data_(device.allocate(bytes)), bytes_(bytes) {}
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceMemory() {
    if (data_ != nullptr) device_->release(data_);
  }
  std::byte* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  const Device* device_ = nullptr;
  std::byte* data_ = nullptr;
  int64_t bytes_ = 0;
};

/// A stream of a device, released with its owner.
class DeviceStream {
 public:
  explicit DeviceStream(const Device& device) : device_(device), handle_(device.make_stream()) {}
  ~DeviceStream() { device_.release_stream(handle_); }
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;
  void* handle() const { return handle_; }

 private:
  const Device& device_;
  void* handle_;
};

/// A moment in a stream.
class DeviceEvent {
 public:
  explicit DeviceEvent(const Device& device) : device_(device), handle_(device.make_event()) {}
  ~DeviceEvent() { device_.release_event(handle_); }
  DeviceEvent(const DeviceEvent&) = delete;
  DeviceEvent& operator=(const DeviceEvent&) = delete;
  void* handle() const { return handle_; }

 private:
  const Device& device_;
  void* handle_;
};

}  // namespace burnish::tactics
