// Engine: an optimized network, immutable and shared between threads. Session: one caller that runs it, with its own memory.
// Engines come from `build` or from a file; sessions from engines. Running neither locks nor throws, and Burnish's own code allocates nothing
// then; oneDNN allocates a few small argument lists for each of its primitives.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burnish/logger.h"
#include "burnish/tensor.h"

namespace burnish {

namespace engine {
struct EngineData;
}
namespace runtime {
class DynamicSession;
class LoadedEngine;
class SessionState;
}  // namespace runtime

/// A network input or output as the engine expects it.
struct TensorInfo {
  std::string name;
  DType dtype = DType::f32;              // of the elements the application passes
  Dims dims;                             // -1 where the size is open; a single -1 where even the rank is
  std::string format;                    // "f32:0123": storage type and order of axes, outermost first
  size_t bytes = 0;                      // 0 where a size is open
  std::vector<std::string> dim_names{};  // the model's names of open sizes; empty where it has none
  ValueKind kind = ValueKind::tensor;    // anything else has no bytes of its own, and is passed as a Tensor that holds others
};

struct OpenConfig {
  /// 0: what the engine was built for. Another number plans the engine again from estimates.
  int threads = 0;
  Logger logger;
};

/// Cheap to copy; all copies share. All members are thread-safe.
class Engine {
 public:
  /// Maps the file and makes its kernels ready. On a device the engine was not built for it is planned again from estimates and the
  /// logger says so. Throws Error on a damaged file.
  static Engine open(const std::filesystem::path& path, const OpenConfig& config = {});
  static Engine open(std::span<const std::byte> bytes, const OpenConfig& config = {});

  /// Written beside and renamed. Throws Error.
  void save(const std::filesystem::path& path) const;
  std::vector<std::byte> serialize() const;

  std::string_view name() const;
  std::string_view producer() const;  // the version of Burnish that built it
  std::span<const TensorInfo> inputs() const;
  std::span<const TensorInfo> outputs() const;
  std::span<const std::pair<std::string, std::string>> metadata() const;  // the model's own
  int threads() const;
  /// Whether sizes are open until a session sets them or running tells: then TensorInfo has -1 for them.
  bool is_dynamic() const;
  /// The sizes that inputs have before a session sets others: fixed ones, and those the engine was tuned for; nothing where it was not.
  std::vector<std::optional<Dims>> initial_input_dims() const;
  /// Bytes one session needs besides inputs and outputs, and what no plan could go below.
  size_t arena_bytes() const;
  size_t arena_lower_bound() const;
  /// The choices file's text and the build report (JSON).
  std::string_view choices() const;
  std::string_view report() const;

  /// For Burnish's own tools.
  const engine::EngineData& data() const;
  explicit Engine(std::shared_ptr<const runtime::LoadedEngine> loaded) : loaded_(std::move(loaded)) {}

 private:
  friend class Session;
  std::shared_ptr<const runtime::LoadedEngine> loaded_;
};

/// Seconds one step took, in plan order.
struct StepTime {
  std::string_view name;
  double seconds = 0;
};

struct SessionConfig {
  /// Fills the arena with this byte first (tests: 0xff makes every float a NaN). Negative: leaves it.
  int fill_arena = -1;
  /// On a GPU: records the kernels once and launches them as one graph from the second run on.
  bool graphs = true;
  /// How often the bodies of If, Loop and Scan may run in one run of the network; one more ends it with an error. 0: no limit.
  int64_t most_iterations = 0;
};

/// Where memory lies that a session is given.
enum class Memory : uint8_t { host, device };

/// Seconds one run took. On a GPU by its clock, and `enqueue` by the host's: from the call until all work was handed over.
struct RunTimes {
  double transfer_in = 0;
  double compute = 0;
  double transfer_out = 0;
  double enqueue = 0;
};

/// One caller's state: arena and bindings. Not thread-safe; make one for each thread.
class Session {
 public:
  explicit Session(const Engine& engine, const SessionConfig& config = {});
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// The memory of input or output `index`, of TensorInfo::bytes, aligned to the element; it must stay valid while running.
  /// Memory on the host is copied to and from the device where the engine runs on one; memory on the device is used in place, and must be
  /// aligned to 256 bytes.
  void bind_input(size_t index, const void* data, Memory memory = Memory::host);
  void bind_output(size_t index, void* data, Memory memory = Memory::host);

  /// The sizes of input `index` from the next run on, for engines with open sizes. Sizes that are new are compiled for at the next run or
  /// question; those met before cost nothing. Throws Error that names input, axis, value and range where the engine does not take them.
  void set_input_dims(size_t index, std::span<const int64_t> dims);
  /// The sizes input `index` has now; nothing where nobody set open ones.
  std::optional<Dims> input_dims(size_t index) const;
  /// What output `index` will have for the sizes set; nothing where only running tells. Throws Error where an input has no sizes yet.
  std::optional<Dims> output_dims(size_t index);
  /// Of engines with open sizes, after a run: the output where no memory was bound for it. It is the caller's to keep.
  const Tensor& output(size_t index) const;

  /// Runs once, synchronously, on the calling thread and its helpers. Every binding must be set; outputs need none where sizes are open.
  Status run() noexcept;
  /// As `run`, and tells how long each step took (`times` holds one entry for each step).
  Status run_profiled(std::span<double> times) noexcept;
  /// As `run`, and tells where the time went. Without `transfers`, what is bound on the host is neither copied in nor out: the device works
  /// on what it had, which is for measuring.
  Status run_timed(RunTimes& times, bool transfers = true) noexcept;
  size_t step_count() const;
  std::string_view step_name(size_t index) const;

  /// Convenience: checks types and dimensions, allocates outputs, binds and runs. Throws Error.
  std::vector<Tensor> run(std::span<const Tensor> inputs);

 private:
  std::unique_ptr<runtime::SessionState> state_;      // one of both
  std::unique_ptr<runtime::DynamicSession> dynamic_;  // where sizes are open
  std::shared_ptr<const runtime::LoadedEngine> engine_;
};

}  // namespace burnish
