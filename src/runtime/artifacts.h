// Keeps what kernels make while they are built (packed weights): records it for the engine file, or serves it from one.
// Used when an engine is built and when it is loaded. Thread-safe; never used while running.
#pragma once

#include <map>
#include <mutex>

#include "tactics/tactic.h"

namespace burnish::runtime {

class ArtifactStore final : public tactics::BuildContext {
 public:
  ArtifactStore(int threads, std::map<Hash128, Tensor> known) : threads_(threads), artifacts_(std::move(known)) {}

  int threads() const override { return threads_; }
  Tensor artifact(const Hash128& key, const std::function<Tensor()>& make) override;
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) override;
  /// Lets a loader say what it already knows about constants, so that weights are not read to be hashed.
  void know_hash(const Tensor* constant, const Hash128& hash) { hashes_.emplace(constant, hash); }

  const std::map<Hash128, Tensor>& artifacts() const { return artifacts_; }

 private:
  int threads_;
  std::mutex mutex_;
  std::map<Hash128, Tensor> artifacts_;
  std::map<const Tensor*, Hash128> hashes_;
};

}  // namespace burnish::runtime
