// Feeds mutated engine files to the reader, opens what was read, and runs it once. The header's sizes and checksum are put right first, so that
// mutations reach the body. Whatever the file says, the answer is an engine that runs or an Error.
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "burnish/engine.h"
#include "engine/file.h"
#include "engine/header.h"

namespace {

/// Resources are not promised to be bounded: engines that ask for much are only read.
constexpr int64_t much = int64_t{1} << 22;

bool asks_for_little(const burnish::engine::EngineData& engine) {
  for (const burnish::plan::Plan& plan : engine.plans) {
    int64_t bytes = plan.memory.arena_bytes;
    if (bytes > much or plan.threads > 4) return false;
    for (const burnish::plan::TensorSlot& tensor : plan.tensors)
      if (tensor.bytes > much or (bytes += tensor.bytes) > much) return false;
  }
  return true;
}

void open_and_run(std::span<const std::byte> file) {
  const burnish::Engine engine = burnish::Engine::open(file);
  burnish::Session session(engine);
  for (const std::span<const burnish::TensorInfo> infos : {engine.inputs(), engine.outputs()})
    for (const burnish::TensorInfo& info : infos)
      if (static_cast<int64_t>(info.bytes) > much) return;
  std::vector<std::vector<std::byte>> memory;
  for (size_t i = 0; i < engine.inputs().size(); ++i) session.bind_input(i, memory.emplace_back(engine.inputs()[i].bytes + 1).data());
  for (size_t i = 0; i < engine.outputs().size(); ++i) session.bind_output(i, memory.emplace_back(engine.outputs()[i].bytes + 1).data());
  static_cast<void>(session.run());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> file(size);
  if (size > 0) std::memcpy(file.data(), data, size);
  burnish::engine::RawHeader header;
  if (size >= sizeof header) {
    std::memcpy(&header, file.data(), sizeof header);
    header.magic = burnish::engine::magic;
    header.version = burnish::engine::file_version;
    header.header_bytes = sizeof header;
    header.file_bytes = size;
    if (header.body_bytes <= size - sizeof header)
      header.body_hash = burnish::hash_of(std::span(file).subspan(sizeof header, header.body_bytes)).low;
    std::memcpy(file.data(), &header, sizeof header);
  }
  try {
    if (asks_for_little(burnish::engine::read(file))) open_and_run(file);
  } catch (const burnish::Error& error) {
    // A broken invariant is a defect of the reader, whatever the bytes are.
    if (error.code() == burnish::StatusCode::internal) __builtin_trap();
  }
  return 0;
}
