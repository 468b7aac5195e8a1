// The public Engine: thin over LoadedEngine.
#include "burnish/engine.h"

#include "engine/file.h"
#include "runtime/loaded_engine.h"

namespace burnish {

Engine Engine::open(const std::filesystem::path& path, const OpenConfig& config) {
  return Engine(std::make_shared<const runtime::LoadedEngine>(engine::read(path), config, false));
}

Engine Engine::open(std::span<const std::byte> bytes, const OpenConfig& config) {
  const auto copy = std::make_shared<const Tensor>(
      Tensor::of<uint8_t>({static_cast<int64_t>(bytes.size())}, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}));
  return Engine(std::make_shared<const runtime::LoadedEngine>(engine::read({copy->data(), bytes.size()}, copy), config, false));
}

void Engine::save(const std::filesystem::path& path) const { engine::write(loaded_->data(), path); }
std::vector<std::byte> Engine::serialize() const { return engine::write(loaded_->data()); }

std::string_view Engine::name() const { return loaded_->data().name; }
std::string_view Engine::producer() const { return loaded_->data().producer; }
std::span<const TensorInfo> Engine::inputs() const { return loaded_->inputs(); }
std::span<const TensorInfo> Engine::outputs() const { return loaded_->outputs(); }
std::span<const std::pair<std::string, std::string>> Engine::metadata() const { return loaded_->data().metadata; }
int Engine::threads() const { return loaded_->threads(); }
std::vector<std::optional<Dims>> Engine::initial_input_dims() const { return loaded_->initial_dims(); }
bool Engine::is_dynamic() const { return loaded_->program() == nullptr; }
size_t Engine::arena_bytes() const { return loaded_->plan() == nullptr ? 0 : static_cast<size_t>(loaded_->plan()->memory.arena_bytes); }
size_t Engine::arena_lower_bound() const {
  return loaded_->plan() == nullptr ? 0 : static_cast<size_t>(loaded_->plan()->memory.lower_bound);
}
std::string_view Engine::choices() const { return loaded_->data().choices; }
std::string_view Engine::report() const { return loaded_->data().report; }
const engine::EngineData& Engine::data() const { return loaded_->data(); }

}  // namespace burnish
