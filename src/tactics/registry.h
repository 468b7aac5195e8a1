// All backends and tactics of this build, registered from file names: `backends/cpu/onednn/conv.cpp` defines `register_conv`.
// Candidates and the engine loader look tactics up here; nobody else knows which backends exist.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tactics/backend.h"

namespace burnish::tactics {

class Registry {
 public:
  void add(std::unique_ptr<Backend> backend);
  /// The tactic's id begins with its backend's name and a dot.
  void add(std::unique_ptr<Tactic> tactic);

  const Backend* find_backend(std::string_view name) const;
  const Tactic* find_tactic(std::string_view id) const;
  std::vector<const Backend*> backends() const;
  /// Those of one backend, sorted by id.
  std::vector<const Tactic*> tactics_of(std::string_view backend) const;

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<std::unique_ptr<Tactic>> tactics_;
};

const Registry& registry();

/// What is built for where nobody names a backend: the first with a device of its own that can be used here, else "cpu".
std::string_view default_backend(const Registry& registry = tactics::registry());

/// Defined by the build from the file names under `src/backends/`.
void register_all_backends(Registry& registry);

}  // namespace burnish::tactics
