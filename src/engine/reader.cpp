// Bytes to EngineData. The file is not trusted: the header's sizes are checked against the file, the body by FlatBuffers' verifier and a
// checksum, and every index, offset, type and text when it is turned into data.
#include <algorithm>
#include <cstring>
#include <set>

#include <flatbuffers/flatbuffers.h>

#include "base/error.h"
#include "engine/file.h"
#include "engine/header.h"
#include "engine/schema_generated.h"
#include "ir/text.h"
#include "plan/verify.h"
#include "tactics/reformat.h"

namespace burnish::engine {
namespace {

using flatbuffers::Offset;

constexpr int most_threads = 4096;

RawHeader checked_header(std::span<const std::byte> bytes) {
  RawHeader header;
  if (bytes.size() < sizeof header) fail("not an engine: {} bytes are fewer than the {} of a header", bytes.size(), sizeof header);
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != magic) fail("not a Burnish engine: the file does not begin with BURNISH");
  if (header.version != file_version)
    fail("the engine has file version {}, this Burnish reads version {}: build it again with this version", header.version, file_version);
  if (header.header_bytes != sizeof header)
    fail("the engine's header claims {} bytes, version {} has {}", header.header_bytes, file_version, sizeof header);
  if (header.file_bytes != bytes.size())
    fail("the engine is truncated or extended: it claims {} bytes, the file has {}", header.file_bytes, bytes.size());
  if (header.body_bytes > bytes.size() - sizeof header)
    fail("the engine's body claims {} bytes of a file of {}", header.body_bytes, bytes.size());
  if (header.data_offset % page_bytes != 0 or header.data_offset > bytes.size() or header.data_offset < sizeof header + header.body_bytes)
    fail("the engine's data offset {} does not fit", header.data_offset);
  header.producer.back() = '\0';
  return header;
}

std::string text_of(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

template <class T>
std::vector<T> list_of(const flatbuffers::Vector<T>* values) {
  if (values == nullptr) return {};
  // Bytes, because nothing says that the elements of a list in the file are aligned.
  std::vector<T> list(values->size());
  if (not list.empty()) std::memcpy(list.data(), values->Data(), list.size() * sizeof(T));
  return list;
}
std::vector<bool> flags_of(const flatbuffers::Vector<uint8_t>* values) {
  return values == nullptr ? std::vector<bool>() : std::vector<bool>(values->begin(), values->end());
}

template <class T>
const T& required(const T* field, std::string_view what) {
  if (field == nullptr) fail("the engine lacks {}", what);
  return *field;
}

DType dtype_of(uint8_t code) {
  if (code >= dtype_count) fail("unknown element type {}", code);
  return static_cast<DType>(code);
}

Dims dims_of(const flatbuffers::Vector<int64_t>* dims) {
  Dims read = list_of(dims);
  for (const int64_t dim : read)
    if (dim < 0) fail("negative dimension {}", dim);
  element_count(read);
  return read;
}

tactics::Format format_of(const fb::Format* format, size_t rank) {
  const fb::Format& read = required(format, "a format");
  const auto layout = Layout::parse(text_of(read.layout()));
  if (not layout or layout->order.size() != rank) fail("unreadable layout `{}` for rank {}", text_of(read.layout()), rank);
  if (read.space() > static_cast<uint8_t>(tactics::Space::device)) fail("a format of unknown memory {}", read.space());
  return {dtype_of(read.storage()), *layout, static_cast<tactics::Space>(read.space())};
}

/// The constants that the graph's text names; other blobs are packed weights and what steps read.
std::set<Hash128> hashes_named_in(std::string_view graph) {
  std::set<Hash128> named;
  for (size_t at = graph.find('@'); at != std::string_view::npos; at = graph.find('@', at + 1))
    if (const auto hash = hash_from_text(graph.substr(at + 1, 32))) named.insert(*hash);
  return named;
}

class BodyReader {
 public:
  BodyReader(const fb::Engine& body, std::span<const std::byte> data, std::shared_ptr<const void> owner)
      : body_(body), data_(data), owner_(std::move(owner)) {}

  EngineData run() {
    EngineData engine;
    engine.producer = text_of(body_.producer());
    engine.name = text_of(body_.name());
    engine.graph = text_of(body_.graph());
    engine.choices = text_of(body_.choices());
    engine.report = text_of(body_.report());
    if (body_.metadata() != nullptr)
      for (const fb::Entry* entry : *body_.metadata()) engine.metadata.emplace_back(text_of(entry->key()), text_of(entry->value()));
    read_blobs(engine);
    if (body_.artifacts() != nullptr)
      for (const fb::Artifact* artifact : *body_.artifacts()) {
        const fb::Hash& key = required(artifact->key(), "an artifact's key");
        engine.artifacts.emplace(Hash128{key.high(), key.low()}, *blob(artifact->blob()));
      }
    if (body_.plans() != nullptr)
      for (const fb::Plan* plan : *body_.plans()) engine.plans.push_back(read(*plan));
    if (body_.recipe() != nullptr) engine.recipe = read(*body_.recipe());
    if (body_.profiles() != nullptr)
      for (const fb::Profile* profile : *body_.profiles()) engine.profiles.push_back(read(*profile));
    return engine;
  }

 private:
  void read_blobs(EngineData& engine) {
    if (body_.blobs() == nullptr) return;
    const std::set<Hash128> named = hashes_named_in(engine.graph);
    for (const fb::Blob* read : *body_.blobs()) {
      const fb::Hash& hash = required(read->hash(), "a blob's hash");
      blobs_.push_back(std::make_shared<const Tensor>(tensor_of(*read)));
      const Hash128 key{hash.high(), hash.low()};
      if (named.contains(key)) engine.constants.emplace(key, blobs_.back());
    }
  }

  static Recipe read(const fb::Recipe& recipe) {
    Recipe made{.backend = text_of(recipe.backend()), .threads = recipe.threads(), .permitted = {}};
    if (made.threads < 1 or made.threads > most_threads) fail("a recipe for {} threads", made.threads);
    for (const uint8_t code : list_of(recipe.permitted())) made.permitted.push_back(dtype_of(code));
    return made;
  }

  static Profile read(const fb::Profile& profile) {
    Profile made;
    if (profile.ranges() == nullptr) return made;
    for (const fb::SizeRange* range : *profile.ranges()) {
      const SizeRange read{dims_of(range->min()), dims_of(range->opt()), dims_of(range->max())};
      if (read.min.size() != read.opt.size() or read.max.size() != read.opt.size()) fail("a profile's shapes differ in rank");
      made.emplace(text_of(range->name()), read);
    }
    return made;
  }

  Tensor tensor_of(const fb::Blob& blob) const {
    const DType dtype = dtype_of(blob.dtype());
    Dims dims = dims_of(blob.dims());
    if (dtype == DType::string) {
      std::vector<std::string> strings;
      if (blob.strings() != nullptr)
        for (const flatbuffers::String* text : *blob.strings()) strings.push_back(text->str());
      if (static_cast<int64_t>(strings.size()) != element_count(dims))
        fail("a string blob holds {} strings for {} elements", strings.size(), element_count(dims));
      return Tensor::of_strings(std::move(dims), std::move(strings));
    }
    const uint64_t needed = static_cast<uint64_t>(element_count(dims)) * byte_size(dtype);
    if (blob.bytes() != needed) fail("a blob claims {} bytes where its type needs {}", blob.bytes(), needed);
    if (blob.offset() > data_.size() or needed > data_.size() - blob.offset())
      fail("a blob at {} of {} bytes leaves the data section of {}", blob.offset(), needed, data_.size());
    return Tensor::borrowed(dtype, std::move(dims), data_.data() + blob.offset(), owner_);
  }

  const std::shared_ptr<const Tensor>& blob(uint32_t index) const {
    if (index >= blobs_.size()) fail("blob {} of {}", index, blobs_.size());
    return blobs_[index];
  }

  TensorType type_of(const fb::Type* type) const {
    const fb::Type& read = required(type, "a type");
    return {dtype_of(read.dtype()), Shape(std::span<const int64_t>(dims_of(read.dims()))), {}};
  }

  tactics::OpRequest read(const fb::Request& request, const plan::Plan& plan) const {
    tactics::OpRequest made;
    made.op = tactics::parse_operator(text_of(request.op()));
    if (const std::string epilogue = text_of(request.epilogue()); not epilogue.empty()) {
      made.epilogue = Expr::parse(epilogue);
      made.epilogue.verify();
    }
    made.anchor_inputs = request.anchor_inputs();
    if (request.inputs() != nullptr)
      for (const fb::Operand* operand : *request.inputs()) {
        tactics::Operand one;
        one.present = operand->present();
        if (one.present) one.type = type_of(operand->type());
        if (operand->blob() >= 0) one.constant = blob(static_cast<uint32_t>(operand->blob()));
        if (one.constant and (one.constant->dtype() != one.type.dtype or one.constant->dims() != one.type.shape.dims()))
          fail("a constant's type differs from its operand's");
        made.inputs.push_back(std::move(one));
      }
    if (made.anchor_inputs > made.inputs.size()) fail("a request has {} anchor inputs of {}", made.anchor_inputs, made.inputs.size());
    if (request.outputs() != nullptr)
      for (const fb::Type* type : *request.outputs()) made.outputs.push_back(type_of(type));
    made.wanted = flags_of(request.wanted());
    if (made.wanted.size() != made.outputs.size()) fail("a request has {} outputs and {} wishes", made.outputs.size(), made.wanted.size());
    for (const uint8_t code : list_of(request.permitted())) made.target.permitted.push_back(dtype_of(code));
    if (request.regions() != nullptr)
      for (const flatbuffers::String* region : *request.regions()) made.regions.push_back(parse_graph(region->string_view()));
    made.target.threads = plan.threads;
    made.target.device = plan.device;
    made.target.space = plan.space;
    return made;
  }

  tactics::Variant read(const fb::Variant& variant, const tactics::OpRequest& request) const {
    tactics::Variant made;
    if (variant.inputs() != nullptr)
      for (uint32_t i = 0; i < variant.inputs()->size(); ++i) {
        const size_t rank = i < request.inputs.size() and request.inputs[i].present ? request.inputs[i].type.shape.rank() : 0;
        made.inputs.push_back(i < request.inputs.size() and request.inputs[i].present ? format_of(variant.inputs()->Get(i), rank)
                                                                                      : tactics::Format{});
      }
    if (variant.outputs() != nullptr)
      for (uint32_t i = 0; i < variant.outputs()->size(); ++i) {
        if (i >= request.outputs.size()) fail("a variant has more outputs than its request");
        made.outputs.push_back(format_of(variant.outputs()->Get(i), request.outputs[i].shape.rank()));
      }
    if (made.inputs.size() != request.inputs.size() or made.outputs.size() != request.outputs.size())
      fail("a variant does not fit its request");
    made.knobs = text_of(variant.knobs());
    made.workspace = variant.workspace();
    made.estimate = variant.estimate();
    made.in_place = variant.in_place();
    made.keeps_constant = flags_of(variant.keeps_constant());
    if (made.workspace < 0 or made.in_place >= static_cast<int>(made.inputs.size())) fail("a variant's numbers are out of range");
    return made;
  }

  plan::Step read(const fb::Step& step, const plan::Plan& plan) const {
    plan::Step made;
    made.name = text_of(step.name());
    return in_context([&] { return fmt::format("reading step `{}`", made.name); },
                      [&] {
                        if (step.provenance() != nullptr)
                          for (const flatbuffers::String* name : *step.provenance()) made.provenance.push_back(name->str());
                        made.tactic = text_of(step.tactic());
                        made.revision = step.revision();
                        made.request = read(required(step.request(), "a request"), plan);
                        made.variant = read(required(step.variant(), "a variant"), made.request);
                        made.inputs = list_of(step.inputs());
                        made.outputs = list_of(step.outputs());
                        made.workspace_offset = step.workspace_offset();
                        made.seconds = step.seconds();
                        if (made.inputs.size() != made.request.inputs.size() or made.outputs.size() != made.request.outputs.size())
                          fail("its tensors do not fit its request");
                        check_tensors(made, plan);
                        return made;
                      });
  }

  /// Kernels trust that the bytes behind a tensor are those their variant needs.
  static void check_tensors(const plan::Step& step, const plan::Plan& plan) {
    const auto check = [&](uint32_t tensor, const TensorType& type, const tactics::Format& format) {
      if (tensor == plan::no_tensor) return;
      if (tensor >= plan.tensors.size()) fail("tensor {} of {}", tensor, plan.tensors.size());
      const int64_t needed = tactics::stored_bytes(format, type.shape.dims());
      if (plan.tensors[tensor].format.space != format.space)
        fail("tensor {} lies in another memory than the step needs", plan.tensors[tensor].name);
      if (plan.tensors[tensor].bytes != needed)
        fail("tensor {} has {} bytes where the step needs {}", plan.tensors[tensor].name, plan.tensors[tensor].bytes, needed);
    };
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const tactics::Operand& operand = step.request.inputs[i];
      const bool kept = i < step.variant.keeps_constant.size() and step.variant.keeps_constant[i];
      if (operand.present and step.inputs[i] == plan::no_tensor and not kept) fail("input {} is missing", i);
      if (operand.present and kept and not operand.constant) fail("input {} is no constant, but the kernel should keep it", i);
      if (not operand.present and step.inputs[i] != plan::no_tensor) fail("input {} should be omitted", i);
      if (operand.present) check(step.inputs[i], operand.type, step.variant.inputs[i]);
    }
    if (std::ranges::find(step.request.wanted, true) == step.request.wanted.end()) fail("nobody reads what it computes");
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.request.wanted[i] and step.outputs[i] == plan::no_tensor) fail("output {} is missing", i);
      check(step.outputs[i], step.request.outputs[i], step.variant.outputs[i]);
    }
  }

  std::vector<plan::Binding> read(const flatbuffers::Vector<Offset<fb::Binding>>* bindings, size_t tensors) const {
    std::vector<plan::Binding> made;
    if (bindings == nullptr) return made;
    for (const fb::Binding* binding : *bindings) {
      plan::Binding one{text_of(binding->name()), dtype_of(binding->dtype()), dims_of(binding->dims()), {}, binding->tensor()};
      one.format = format_of(binding->format(), one.dims.size());
      if (one.tensor >= tensors) fail("binding {} refers to tensor {} of {}", one.name, one.tensor, tensors);
      made.push_back(std::move(one));
    }
    return made;
  }

  plan::Plan read(const fb::Plan& plan) const {
    plan::Plan made;
    made.backend = text_of(plan.backend());
    made.device = text_of(plan.device());
    made.threads = plan.threads();
    if (made.threads < 1 or made.threads > most_threads) fail("a plan for {} threads", made.threads);
    if (plan.space() > static_cast<uint8_t>(tactics::Space::device)) fail("a plan for unknown memory {}", plan.space());
    made.space = static_cast<tactics::Space>(plan.space());
    made.memory = {plan.arena_bytes(), plan.lower_bound(), plan.without_reuse(), plan.host_arena_bytes()};
    made.expected_seconds = plan.expected_seconds();
    if (made.memory.arena_bytes < 0 or made.memory.arena_bytes > (int64_t{1} << 46)) fail("an arena of {} bytes", made.memory.arena_bytes);
    if (made.memory.host_arena_bytes < 0 or made.memory.host_arena_bytes > (int64_t{1} << 46))
      fail("a host arena of {} bytes", made.memory.host_arena_bytes);
    for (const uint32_t index : list_of(plan.constants())) made.constants.push_back(blob(index));
    if (plan.tensors() != nullptr)
      for (const fb::Slot* slot : *plan.tensors()) made.tensors.push_back(read(*slot));
    made.inputs = read(plan.inputs(), made.tensors.size());
    made.outputs = read(plan.outputs(), made.tensors.size());
    if (plan.steps() != nullptr)
      for (const fb::Step* step : *plan.steps()) made.steps.push_back(read(*step, made));
    plan::verify_memory(made);
    return made;
  }

  plan::TensorSlot read(const fb::Slot& slot) const {
    plan::TensorSlot made;
    made.name = text_of(slot.name());
    made.dtype = dtype_of(slot.dtype());
    made.dims = dims_of(slot.dims());
    made.format = format_of(slot.format(), made.dims.size());
    if (slot.place() > static_cast<uint8_t>(plan::Place::host_arena)) fail("tensor {} lies nowhere known", made.name);
    made.place = static_cast<plan::Place>(slot.place());
    made.index = slot.index();
    made.offset = slot.offset();
    made.bytes = slot.bytes();
    made.alias_class = slot.alias_class();
    return made;
  }

  const fb::Engine& body_;
  std::span<const std::byte> data_;
  std::shared_ptr<const void> owner_;
  std::vector<std::shared_ptr<const Tensor>> blobs_;
};

}  // namespace

FileHeader read_header(std::span<const std::byte> bytes) {
  const RawHeader header = checked_header(bytes);
  return {header.version, header.producer.data(), header.body_bytes, header.data_offset, header.file_bytes};
}

EngineData read(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  const RawHeader header = checked_header(bytes);
  const std::span<const std::byte> body = bytes.subspan(sizeof header, header.body_bytes);
  if (hash_of(body).low != header.body_hash) fail("the engine's checksum does not match: the file is damaged");
  // FlatBuffers wants its buffer aligned; the header's size keeps the body at a multiple of 32 in a map.
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(body.data()), body.size(), 64, 100'000'000);
  if (not fb::VerifyEngineBuffer(verifier)) fail("the engine's body is malformed");
  return BodyReader(*fb::GetEngine(body.data()), bytes.subspan(header.data_offset), std::move(owner)).run();
}

EngineData read(const std::filesystem::path& path) {
  return in_context([&] { return fmt::format("reading engine {}", path.string()); },
                    [&] {
                      const auto file = std::make_shared<const MappedFile>(path);
                      EngineData engine = read(file->bytes(), file);
                      engine.file = file;
                      return engine;
                    });
}

}  // namespace burnish::engine
