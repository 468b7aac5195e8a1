// Tactic: one way to compute an operator, on the build side. A pure function of the request, without state.
// It says whether it can (a refusal carries its reason), which variants it offers with an estimate each, and builds the kernel of one.
// Backends implement it, one file each; candidates, timing, assignment and the engine loader call it. It never measures.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tactics/kernel.h"
#include "tactics/request.h"

namespace burnish::tactics {

/// Yes, or no with a reason that a user can read.
class Verdict {
 public:
  static Verdict yes() { return {}; }
  static Verdict no(std::string reason) {
    Verdict verdict;
    verdict.reason_ = std::move(reason);
    verdict.supported_ = false;
    return verdict;
  }
  explicit operator bool() const { return supported_; }
  const std::string& reason() const { return reason_; }

 private:
  bool supported_ = true;
  std::string reason_;
};

/// How outputs may share the memory of inputs without any kernel at all.
enum class Alias : uint8_t {
  none,
  view,    // output 0 is input 0 under another shape
  concat,  // the inputs are consecutive parts of output 0
  split,   // the outputs (Split, or Slice with one) are parts of input 0
};

/// One way a tactic offers to do a request. Constant inputs keep their plain format: kernels pack them when built.
struct Variant {
  std::vector<Format> inputs;
  std::vector<Format> outputs;
  std::string knobs;                  // "" or the tactic's own words: "tile=64", part of the choice
  int64_t workspace = 0;              // bytes, alive during the step
  double estimate = 0;                // seconds, from a roofline
  Alias alias = Alias::none;          // set only in candidates without a tactic
  std::vector<int64_t> part_offsets;  // with Alias::split: bytes into input 0, for each output
  int in_place = -1;                  // output 0 may share its memory with this input, if nobody reads that later
  std::vector<bool> keeps_constant;   // per input: the kernel holds it packed, the plan need not provide it; empty: none

  /// "f32:0123,f32:0123->f32:0231 knobs": identifies the variant within its tactic.
  std::string text() const;
};

/// Collects variants and the refusals of single ones.
class VariantSink {
 public:
  void offer(Variant variant) { variants.push_back(std::move(variant)); }
  void refuse(std::string what, std::string reason) { refusals.emplace_back(std::move(what), std::move(reason)); }

  std::vector<Variant> variants;
  std::vector<std::pair<std::string, std::string>> refusals;
};

/// Where kernels get their threads and keep what was expensive to make: packed weights, compiled code.
/// While building, `artifact` calls `make` and keeps the bytes for the engine; while loading it returns the stored bytes (used in place from
/// the file's map) and calls `make` only where they are missing. The key must name content and packing completely.
class BuildContext {
 public:
  virtual ~BuildContext() = default;
  virtual int threads() const = 0;
  virtual Tensor artifact(const Hash128& key, const std::function<Tensor()>& make) = 0;
  /// The content hash of a constant, computed once for each.
  virtual Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) = 0;
};

class Tactic {
 public:
  virtual ~Tactic() = default;
  virtual std::string_view id() const = 0;  // "cpu.onednn.conv"
  virtual uint32_t revision() const = 0;    // raised whenever speed or results change: part of the timing-cache key
  virtual Verdict supports(const OpRequest& request) const = 0;
  virtual void variants(const OpRequest& request, VariantSink& sink) const = 0;
  virtual std::unique_ptr<Kernel> build(BuildContext& context, const OpRequest& request, const Variant& variant) const = 0;
};

}  // namespace burnish::tactics
