// EngineData to bytes: weights first get their places in the data section (equal content once), then the body is built around them.
// Everything is written in a fixed order, so that equal data gives equal bytes.
#include <unordered_map>

#include <flatbuffers/flatbuffers.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/header.h"
#include "engine/schema_generated.h"
#include "ir/text.h"

namespace burnish::engine {
namespace {

using flatbuffers::Offset;

constexpr uint64_t blob_alignment = 64;

uint64_t aligned(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

/// Collects tensors, once by content, with their offsets in the data section.
class BlobTable {
 public:
  uint32_t add(const Tensor& tensor) {
    const auto seen = by_data_.find(tensor.data());
    if (seen != by_data_.end() and tensor.dtype() != DType::string and same_type(*blobs_[seen->second].tensor, tensor)) return seen->second;
    const Hash128 hash = content_hash(tensor);
    const auto [entry, fresh] = by_hash_.emplace(hash, static_cast<uint32_t>(blobs_.size()));
    if (fresh) {
      blobs_.push_back({hash, std::make_shared<const Tensor>(tensor), end_});
      if (tensor.dtype() != DType::string)
        end_ = aligned(end_ + tensor.bytes(), tensor.bytes() >= page_bytes ? page_bytes : blob_alignment);
    }
    if (tensor.dtype() != DType::string) by_data_.emplace(tensor.data(), entry->second);
    return entry->second;
  }

  struct Blob {
    Hash128 hash;
    std::shared_ptr<const Tensor> tensor;
    uint64_t offset;
  };
  const std::vector<Blob>& blobs() const { return blobs_; }
  uint64_t bytes() const { return end_; }

 private:
  static bool same_type(const Tensor& a, const Tensor& b) { return a.dtype() == b.dtype() and a.dims() == b.dims(); }

  std::vector<Blob> blobs_;
  std::map<Hash128, uint32_t> by_hash_;
  std::unordered_map<const std::byte*, uint32_t> by_data_;
  uint64_t end_ = 0;
};

class BodyWriter {
 public:
  BodyWriter(const EngineData& engine, BlobTable& blobs) : engine_(engine), blobs_(blobs) {}

  flatbuffers::DetachedBuffer run() {
    for (const auto& [hash, tensor] : engine_.constants) blobs_.add(*tensor);
    std::vector<Offset<fb::Artifact>> artifacts;
    for (const auto& [key, tensor] : engine_.artifacts) {
      const fb::Hash hash(key.high, key.low);
      artifacts.push_back(fb::CreateArtifact(out_, &hash, blobs_.add(tensor)));
    }
    std::vector<Offset<fb::Plan>> plans;
    for (const plan::Plan& plan : engine_.plans) plans.push_back(write(plan));
    std::vector<Offset<fb::Entry>> metadata;
    for (const auto& [key, value] : engine_.metadata)
      metadata.push_back(fb::CreateEntry(out_, out_.CreateString(key), out_.CreateString(value)));
    const auto blobs = write_blobs();
    const auto root =
        fb::CreateEngine(out_, out_.CreateString(engine_.producer), out_.CreateString(engine_.name), out_.CreateVector(metadata),
                         out_.CreateString(engine_.graph), blobs, out_.CreateVector(artifacts), out_.CreateVector(plans),
                         out_.CreateString(engine_.choices), out_.CreateString(engine_.report), write_recipe(), write_profiles());
    fb::FinishEngineBuffer(out_, root);
    return out_.Release();
  }

 private:
  Offset<flatbuffers::Vector<Offset<fb::Blob>>> write_blobs() {
    std::vector<Offset<fb::Blob>> written;
    for (const BlobTable::Blob& blob : blobs_.blobs()) {
      const fb::Hash hash(blob.hash.high, blob.hash.low);
      const Tensor& tensor = *blob.tensor;
      Offset<flatbuffers::Vector<Offset<flatbuffers::String>>> strings;
      if (tensor.dtype() == DType::string) strings = out_.CreateVectorOfStrings({tensor.strings().begin(), tensor.strings().end()});
      written.push_back(fb::CreateBlob(out_, &hash, static_cast<uint8_t>(tensor.dtype()), out_.CreateVector(tensor.dims()), blob.offset,
                                       tensor.bytes(), strings));
    }
    return out_.CreateVector(written);
  }

  Offset<fb::Recipe> write_recipe() {
    if (not engine_.recipe) return {};
    return fb::CreateRecipe(out_, out_.CreateString(engine_.recipe->backend), engine_.recipe->threads,
                            out_.CreateVector(codes_of(engine_.recipe->permitted)));
  }

  Offset<flatbuffers::Vector<Offset<fb::Profile>>> write_profiles() {
    std::vector<Offset<fb::Profile>> written;
    for (const Profile& profile : engine_.profiles) {
      std::vector<Offset<fb::SizeRange>> ranges;
      for (const auto& [name, range] : profile)
        ranges.push_back(fb::CreateSizeRange(out_, out_.CreateString(name), out_.CreateVector(range.min), out_.CreateVector(range.opt),
                                             out_.CreateVector(range.max)));
      written.push_back(fb::CreateProfile(out_, out_.CreateVector(ranges)));
    }
    return out_.CreateVector(written);
  }

  static std::vector<uint8_t> codes_of(const std::vector<DType>& types) {
    std::vector<uint8_t> codes;
    for (const DType dtype : types) codes.push_back(static_cast<uint8_t>(dtype));
    return codes;
  }

  Offset<fb::Format> write(const tactics::Format& format) {
    return fb::CreateFormat(out_, static_cast<uint8_t>(format.storage), out_.CreateSharedString(format.layout.text()),
                            static_cast<uint8_t>(format.space));
  }
  Offset<flatbuffers::Vector<Offset<fb::Format>>> write(const std::vector<tactics::Format>& formats) {
    std::vector<Offset<fb::Format>> written;
    for (const tactics::Format& format : formats) written.push_back(write(format));
    return out_.CreateVector(written);
  }
  Offset<fb::Type> write(const TensorType& type) {
    return fb::CreateType(out_, static_cast<uint8_t>(type.dtype), out_.CreateVector(type.shape.dims()));
  }

  Offset<fb::Request> write(const tactics::OpRequest& request) {
    std::vector<Offset<fb::Operand>> inputs;
    for (const tactics::Operand& operand : request.inputs) {
      if (not operand.present) {
        inputs.push_back(fb::CreateOperand(out_, false));
        continue;
      }
      const int32_t blob = operand.constant ? static_cast<int32_t>(blobs_.add(*operand.constant)) : -1;
      inputs.push_back(fb::CreateOperand(out_, true, write(operand.type), blob));
    }
    std::vector<Offset<fb::Type>> outputs;
    for (const TensorType& type : request.outputs) outputs.push_back(write(type));
    const std::vector<uint8_t> permitted = codes_of(request.target.permitted);
    std::vector<Offset<flatbuffers::String>> regions;
    for (const Graph& region : request.regions) {
      PrintOptions everything;
      everything.inline_elements = INT64_MAX;
      regions.push_back(out_.CreateString(print(region, everything)));
    }
    return fb::CreateRequest(out_, out_.CreateSharedString(request.op.text()),
                             out_.CreateSharedString(request.has_epilogue() ? request.epilogue.text() : ""),
                             static_cast<uint32_t>(request.anchor_inputs), out_.CreateVector(inputs), out_.CreateVector(outputs),
                             write(request.wanted), out_.CreateVector(permitted), out_.CreateVector(regions));
  }
  Offset<flatbuffers::Vector<uint8_t>> write(const std::vector<bool>& flags) { return out_.CreateVector(flags); }

  Offset<fb::Variant> write(const tactics::Variant& variant) {
    return fb::CreateVariant(out_, write(variant.inputs), write(variant.outputs), out_.CreateSharedString(variant.knobs), variant.workspace,
                             variant.estimate, variant.in_place, write(variant.keeps_constant));
  }

  Offset<fb::Step> write(const plan::Step& step) {
    return fb::CreateStep(out_, out_.CreateString(step.name), out_.CreateVectorOfStrings(step.provenance),
                          out_.CreateSharedString(step.tactic), step.revision, write(step.request), write(step.variant),
                          out_.CreateVector(step.inputs), out_.CreateVector(step.outputs), step.workspace_offset, step.seconds);
  }

  Offset<fb::Slot> write(const plan::TensorSlot& slot) {
    return fb::CreateSlot(out_, out_.CreateSharedString(slot.name), static_cast<uint8_t>(slot.dtype), out_.CreateVector(slot.dims),
                          write(slot.format), static_cast<uint8_t>(slot.place), slot.index, slot.offset, slot.bytes, slot.alias_class);
  }
  Offset<flatbuffers::Vector<Offset<fb::Binding>>> write(const std::vector<plan::Binding>& bindings) {
    std::vector<Offset<fb::Binding>> written;
    for (const plan::Binding& binding : bindings)
      written.push_back(fb::CreateBinding(out_, out_.CreateString(binding.name), static_cast<uint8_t>(binding.dtype),
                                          out_.CreateVector(binding.dims), write(binding.format), binding.tensor));
    return out_.CreateVector(written);
  }

  Offset<fb::Plan> write(const plan::Plan& plan) {
    std::vector<Offset<fb::Slot>> tensors;
    for (const plan::TensorSlot& slot : plan.tensors) tensors.push_back(write(slot));
    std::vector<Offset<fb::Step>> steps;
    for (const plan::Step& step : plan.steps) steps.push_back(write(step));
    std::vector<uint32_t> constants;
    for (const auto& constant : plan.constants) constants.push_back(blobs_.add(*constant));
    const auto inputs = write(plan.inputs);
    const auto outputs = write(plan.outputs);
    return fb::CreatePlan(out_, out_.CreateString(plan.backend), out_.CreateString(plan.device), plan.threads, out_.CreateVector(tensors),
                          out_.CreateVector(steps), inputs, outputs, out_.CreateVector(constants), plan.memory.arena_bytes,
                          plan.memory.lower_bound, plan.memory.without_reuse, plan.expected_seconds, plan.memory.host_arena_bytes,
                          static_cast<uint8_t>(plan.space));
  }

  const EngineData& engine_;
  BlobTable& blobs_;
  flatbuffers::FlatBufferBuilder out_{1 << 20};
};

/// The file as consecutive parts that are written one after another, so that weights are never copied.
struct Parts {
  BlobTable blobs;
  flatbuffers::DetachedBuffer body;
  RawHeader header;
  std::vector<std::span<const std::byte>> spans;
};

void append(Parts& parts, uint64_t& end, uint64_t offset, std::span<const std::byte> bytes) {
  static constexpr std::array<std::byte, page_bytes> zeros{};
  while (end < offset) {
    const uint64_t gap = std::min<uint64_t>(offset - end, zeros.size());
    parts.spans.emplace_back(zeros.data(), gap);
    end += gap;
  }
  if (not bytes.empty()) parts.spans.push_back(bytes);
  end += bytes.size();
}

Parts assemble(const EngineData& engine) {
  Parts parts;
  parts.body = BodyWriter(engine, parts.blobs).run();
  RawHeader& header = parts.header;
  header.magic = magic;
  header.version = file_version;
  header.header_bytes = sizeof(RawHeader);
  header.body_bytes = parts.body.size();
  const auto body = std::as_bytes(std::span(parts.body.data(), parts.body.size()));
  header.body_hash = hash_of(body).low;
  header.data_offset = aligned(sizeof(RawHeader) + body.size(), page_bytes);
  header.file_bytes = header.data_offset + parts.blobs.bytes();
  engine.producer.copy(header.producer.data(), header.producer.size() - 1);
  return parts;
}

void list_spans(Parts& parts) {
  uint64_t end = 0;
  append(parts, end, 0, std::as_bytes(std::span(&parts.header, 1)));
  append(parts, end, sizeof(RawHeader), std::as_bytes(std::span(parts.body.data(), parts.body.size())));
  for (const BlobTable::Blob& blob : parts.blobs.blobs())
    append(parts, end, parts.header.data_offset + blob.offset, {blob.tensor->data(), blob.tensor->bytes()});
  append(parts, end, parts.header.file_bytes, {});
}

}  // namespace

std::vector<std::byte> write(const EngineData& engine) {
  Parts parts = assemble(engine);
  list_spans(parts);
  std::vector<std::byte> file;
  file.reserve(parts.header.file_bytes);
  for (const std::span<const std::byte> span : parts.spans) file.insert(file.end(), span.begin(), span.end());
  return file;
}

void write(const EngineData& engine, const std::filesystem::path& path) {
  Parts parts = assemble(engine);
  list_spans(parts);
  write_file(path, parts.spans);
}

}  // namespace burnish::engine
