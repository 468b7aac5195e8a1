// Backend: a device family with its tactics, its memory and its clock. One instance for each device it finds, alive for the process.
// Candidates asks it for tactics, timing for buffers and a stopwatch, sessions for memory. Nothing outside its own folder knows it by name.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tactics/device.h"
#include "tactics/tactic.h"

namespace burnish::tactics {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "cpu"
  /// Empty where usable, else why not ("libcuda.so.1 was not found").
  virtual std::string unavailable() const { return {}; }
  /// What times depend on: processor or GPU, ISA, driver and library versions; part of the timing-cache key.
  virtual std::string fingerprint() const = 0;
  /// Lines for `burnish devices`.
  virtual std::vector<std::pair<std::string, std::string>> description() const = 0;
  /// Bytes a second and operations a second of this device with this many threads: for estimates and the roofline.
  virtual double memory_bandwidth(int threads) const = 0;
  virtual double peak_flops(int threads, DType type) const = 0;
  /// Seconds one step costs besides its work.
  virtual double step_overhead() const = 0;
  /// Where tensors do not lie in host memory: their memory, streams and recorded graphs. Nothing for backends of the host.
  virtual const Device* device() const { return nullptr; }

  /// Seconds that one call of `work` takes: the backend's clock around bundles of calls. Default: steady clock on the host.
  virtual double elapsed(const std::function<void()>& work) const;
};

}  // namespace burnish::tactics
