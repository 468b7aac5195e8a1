// A session with its buffers: inputs loaded from raw files or drawn at random, outputs allocated.
// trtexec makes one for each stream; run, bench and verify make one. It knows formats only to read outputs back in logical order.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "burnish/engine.h"
#include "cli/values.h"

namespace burnish::cli {

/// Random data that a network is likely to accept: floats in [-1, 1), 8-bit integers over their range, wider integers 0 or 1 (ids and
/// masks), booleans. The same seed gives the same bytes.
void fill_random(DType dtype, std::span<std::byte> bytes, uint64_t seed);

/// What a session is fed: for every input of the engine its sizes, and its bytes as the engine expects them.
struct Feeds {
  std::vector<Dims> dims;
  std::vector<std::vector<std::byte>> bytes;
};

/// Open sizes are those of `shapes`, else what the engine was tuned for, else what the file holds where only one is open, else 1.
/// Throws Error where a file has another size than its input, or a name fits none.
Feeds make_inputs(const Engine& engine, const FileList& files, uint64_t seed, const ShapeList& shapes = {});

class BoundSession {
 public:
  /// `feeds` must outlive it.
  BoundSession(const Engine& engine, const Feeds& feeds, const SessionConfig& config = {});

  Session& session() { return session_; }
  const Engine& engine() const { return engine_; }
  std::span<const std::byte> output_bytes(size_t index) const;
  /// Row-major, of the storage type that the engine hands out.
  Tensor output(size_t index) const;

 private:
  Engine engine_;
  Session session_;
  std::vector<std::vector<std::byte>> outputs_;
  std::vector<std::optional<Dims>> output_dims_;  // nothing where only running tells; then the session keeps the output
};

/// Elements that lie as `info.format` says, as a row-major tensor.
Tensor row_major(const TensorInfo& info, std::span<const std::byte> bytes);

}  // namespace burnish::cli
