// Engine files: what is written is read again, equal builds give equal bytes, and damaged or hostile files are refused.
#include "engine/file.h"

#include <cstring>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "burnish/build.h"
#include "engine/header.h"
#include "engine/schema_generated.h"

namespace burnish::engine {
namespace {

using Bytes = std::vector<std::byte>;

BuildConfig quick_config() {
  BuildConfig config;
  config.threads = 1;
  config.default_dimension = 2;
  config.optimization_level = 0;
  return config;
}

const Engine& built() {
  static const Engine engine = build("examples/digits/digits.onnx", quick_config());
  return engine;
}
const Bytes& good_file() {
  static const Bytes file = built().serialize();
  return file;
}

RawHeader header_of(const Bytes& file) {
  RawHeader header;
  std::memcpy(&header, file.data(), sizeof header);
  return header;
}
void set_header(Bytes& file, const RawHeader& header) { std::memcpy(file.data(), &header, sizeof header); }

void fix_checksum(Bytes& file) {
  RawHeader header = header_of(file);
  header.body_hash = hash_of(std::span(file).subspan(sizeof header, header.body_bytes)).low;
  set_header(file, header);
}

void expect_refused(const Bytes& file, const std::string& what) {
  EXPECT_THROW(read(file), Error) << what;
  EXPECT_THROW(Engine::open(file), Error) << what;
}

TEST(EngineFile, IsReadAsItWasWritten) {
  const EngineData data = read(good_file());
  EXPECT_EQ(data.graph, built().data().graph);
  EXPECT_EQ(data.choices, built().choices());
  EXPECT_EQ(data.report, built().report());
  EXPECT_EQ(data.plans.at(0).steps.size(), built().data().plans.at(0).steps.size());
  EXPECT_EQ(read_header(good_file()).version, file_version);
  EXPECT_EQ(read_header(good_file()).file_bytes, good_file().size());
  EXPECT_EQ(write(data), good_file());
}

TEST(EngineFile, SameChoicesGiveSameBytes) {
  BuildConfig config = quick_config();
  config.choices = built().choices();
  const Bytes first = build("examples/digits/digits.onnx", config).serialize();
  EXPECT_EQ(build("examples/digits/digits.onnx", config).serialize(), first);
}

TEST(EngineFile, TruncatedFilesAreRefused) {
  for (size_t part = 0; part < 40; ++part) {
    const size_t length = good_file().size() * part / 40;
    expect_refused(Bytes(good_file().begin(), good_file().begin() + static_cast<std::ptrdiff_t>(length)), std::to_string(length));
  }
  Bytes longer = good_file();
  longer.push_back(std::byte{0});
  expect_refused(longer, "one byte more");
}

TEST(EngineFile, WrongHeadersAreRefused) {
  const std::vector<std::function<void(RawHeader&)>> damages = {
      [](RawHeader& header) { header.magic[0] = 'X'; },
      [](RawHeader& header) { header.version += 1; },
      [](RawHeader& header) { header.version = 0; },
      [](RawHeader& header) { header.header_bytes = 64; },
      [](RawHeader& header) { header.file_bytes += 1; },
      [](RawHeader& header) { header.body_bytes = UINT64_MAX; },
      [](RawHeader& header) { header.body_bytes -= 1; },
      [](RawHeader& header) { header.body_hash ^= 1; },
      [](RawHeader& header) { header.data_offset += 1; },
      [](RawHeader& header) { header.data_offset = 0; },
      [](RawHeader& header) { header.data_offset = uint64_t{1} << 63; },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    Bytes file = good_file();
    RawHeader header = header_of(file);
    damages[i](header);
    set_header(file, header);
    expect_refused(file, "header damage " + std::to_string(i));
  }
}

TEST(EngineFile, FlippedBodiesAreRefusedByTheChecksum) {
  Bytes file = good_file();
  file[sizeof(RawHeader) + 100] ^= std::byte{1};
  expect_refused(file, "one bit");
}

/// Either an Error, or a flip that harms nothing; anything else ends the program.
TEST(EngineFile, FlippedBodiesWithFreshChecksumsDoNoHarm) {
  std::mt19937 random(5);
  const uint64_t body = header_of(good_file()).body_bytes;
  size_t refused = 0;
  for (int round = 0; round < 400; ++round) {
    Bytes file = good_file();
    const size_t flips = 1 + random() % 3;
    for (size_t i = 0; i < flips; ++i) file[sizeof(RawHeader) + random() % body] = static_cast<std::byte>(random());
    fix_checksum(file);
    try {
      Engine::open(file);
    } catch (const Error&) { ++refused; }
  }
  EXPECT_GT(refused, 0U);
}

TEST(EngineFile, BlobsOutsideTheDataAreRefused) {
  for (const uint64_t offset : {uint64_t{1} << 40, UINT64_MAX, static_cast<uint64_t>(good_file().size())}) {
    Bytes file = good_file();
    const auto* blob = fb::GetEngine(file.data() + sizeof(RawHeader))->blobs()->Get(0);
    auto* table = const_cast<flatbuffers::Table*>(reinterpret_cast<const flatbuffers::Table*>(blob));
    uint8_t* field = table->GetAddressOf(fb::Blob::VT_OFFSET);
    if (field == nullptr) field = table->GetAddressOf(fb::Blob::VT_BYTES);  // an offset of 0 is left out of the file
    ASSERT_NE(field, nullptr);
    std::memcpy(field, &offset, sizeof offset);
    fix_checksum(file);
    expect_refused(file, std::to_string(offset));
  }
}

TEST(EngineFile, BrokenPlansAreRefused) {
  using plan::Plan;
  const std::vector<std::pair<std::string, std::function<void(Plan&)>>> damages = {
      {"tensor index of an input", [](Plan& plan) { plan.steps[0].inputs[0] = 9999; }},
      {"tensor index of an output", [](Plan& plan) { plan.steps[0].outputs[0] = 9999; }},
      {"missing output", [](Plan& plan) { plan.steps[0].outputs[0] = plan::no_tensor; }},
      {"missing input", [](Plan& plan) { plan.steps[0].inputs[0] = plan::no_tensor; }},
      {"tensor index of a binding", [](Plan& plan) { plan.outputs[0].tensor = 9999; }},
      {"offset", [](Plan& plan) { plan.tensors[plan.steps[0].outputs[0]].offset += int64_t{1} << 40; }},
      {"negative offset", [](Plan& plan) { plan.tensors[plan.steps[0].outputs[0]].offset = -64; }},
      {"bytes", [](Plan& plan) { plan.tensors[plan.steps[0].outputs[0]].bytes *= 2; }},
      {"bytes that lie nowhere", [](Plan& plan) { plan.tensors[plan.steps[0].outputs[0]].place = plan::Place::none; }},
      {"arena too small", [](Plan& plan) { plan.memory.arena_bytes = 0; }},
      {"negative arena", [](Plan& plan) { plan.memory.arena_bytes = -1; }},
      {"threads", [](Plan& plan) { plan.threads = 0; }},
      {"order of steps", [](Plan& plan) { std::swap(plan.steps.front(), plan.steps.back()); }},
      {"negative workspace", [](Plan& plan) { plan.steps[0].variant.workspace = -1; }},
      {"workspace outside",
       [](Plan& plan) {
         plan.steps[0].variant.workspace = 64;
         plan.steps[0].workspace_offset = plan.memory.arena_bytes;
       }},
      {"missing step", [](Plan& plan) { plan.steps.pop_back(); }},
  };
  for (const auto& [what, damage] : damages) {
    EngineData data = built().data();
    damage(data.plans.at(0));
    Bytes file;
    try {
      file = write(data);
    } catch (const Error&) { continue; }
    expect_refused(file, what);
  }
}

TEST(EngineFile, AnEngineWithoutAPlanIsRefused) {
  EngineData data = built().data();
  data.plans.clear();
  EXPECT_THROW(Engine::open(write(data)), Error);
}

}  // namespace
}  // namespace burnish::engine
