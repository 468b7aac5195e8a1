// The registry of backends and tactics, filled once from what the build found under `src/backends/`.
#include "tactics/registry.h"

#include <algorithm>

#include "base/error.h"

namespace burnish::tactics {
namespace {

std::string_view backend_of(std::string_view tactic_id) { return tactic_id.substr(0, tactic_id.find('.')); }

}  // namespace

void Registry::add(std::unique_ptr<Backend> backend) {
  BURNISH_CHECK(find_backend(backend->name()) == nullptr, "backend {} is registered twice", backend->name());
  backends_.push_back(std::move(backend));
}

void Registry::add(std::unique_ptr<Tactic> tactic) {
  const std::string_view id = tactic->id();
  BURNISH_CHECK(id.find('.') != std::string_view::npos, "the id of tactic {} does not begin with a backend's name and a dot", id);
  const auto place =
      std::lower_bound(tactics_.begin(), tactics_.end(), id, [](const auto& known, std::string_view name) { return known->id() < name; });
  BURNISH_CHECK(place == tactics_.end() or (*place)->id() != id, "tactic {} is registered twice", id);
  tactics_.insert(place, std::move(tactic));
}

const Backend* Registry::find_backend(std::string_view name) const {
  for (const auto& backend : backends_)
    if (backend->name() == name) return backend.get();
  return nullptr;
}

const Tactic* Registry::find_tactic(std::string_view id) const {
  const auto place =
      std::lower_bound(tactics_.begin(), tactics_.end(), id, [](const auto& known, std::string_view name) { return known->id() < name; });
  return place != tactics_.end() and (*place)->id() == id ? place->get() : nullptr;
}

std::vector<const Backend*> Registry::backends() const {
  std::vector<const Backend*> all;
  for (const auto& backend : backends_) all.push_back(backend.get());
  return all;
}

std::vector<const Tactic*> Registry::tactics_of(std::string_view backend) const {
  std::vector<const Tactic*> all;
  for (const auto& tactic : tactics_)
    if (backend_of(tactic->id()) == backend) all.push_back(tactic.get());
  return all;
}

const Registry& registry() {
  static const Registry instance = [] {
    Registry made;
    register_all_backends(made);
    return made;
  }();
  return instance;
}

std::string_view default_backend(const Registry& registry) {
  for (const Backend* backend : registry.backends())
    if (backend->unavailable().empty() and backend->device() != nullptr) return backend->name();
  return "cpu";
}

}  // namespace burnish::tactics
