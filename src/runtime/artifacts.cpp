#include "runtime/artifacts.h"

#include "ir/text.h"

namespace burnish::runtime {

Tensor ArtifactStore::artifact(const Hash128& key, const std::function<Tensor()>& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = artifacts_.find(key); found != artifacts_.end()) return found->second;
  }
  Tensor made = make();
  const std::lock_guard lock(mutex_);
  return artifacts_.emplace(key, std::move(made)).first->second;
}

Hash128 ArtifactStore::hash_of_constant(const std::shared_ptr<const Tensor>& constant) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = hashes_.find(constant.get()); found != hashes_.end()) return found->second;
  }
  const Hash128 hash = content_hash(*constant);
  const std::lock_guard lock(mutex_);
  return hashes_.emplace(constant.get(), hash).first->second;
}

}  // namespace burnish::runtime
