// Parses the protobuf message under limits that no honest model reaches, and checks the versions it names.
#include "onnx/parse.h"

#include <google/protobuf/io/coded_stream.h>

#include <climits>

#include "base/error.h"

namespace burnish::onnx {
namespace {

// Three levels of messages are one level of subgraphs; honest models nest two or three subgraphs.
constexpr int message_depth = 200;

void check_versions(const proto::ModelProto& model) {
  if (not model.has_ir_version()) fail("this is not an ONNX model: it has no ir_version");
  const int64_t version = model.ir_version();
  if (version < oldest_ir_version or version > newest_ir_version)
    fail("the model has IR version {}; Burnish reads {} to {}", version, oldest_ir_version, newest_ir_version);
  if (not model.has_graph()) fail("this is not an ONNX model: it has no graph");
}

}  // namespace

std::unique_ptr<proto::ModelProto> parse_model(std::span<const std::byte> bytes) {
  if (bytes.empty()) fail("this is not an ONNX model: it is empty");
  if (bytes.size() > INT_MAX)
    fail("the model holds {} bytes; the format allows 2 GB, larger models keep their weights in external data", bytes.size());
  auto model = std::make_unique<proto::ModelProto>();
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  stream.SetRecursionLimit(message_depth);
  if (not model->ParseFromCodedStream(&stream) or not stream.ConsumedEntireMessage())
    fail("this is not an ONNX model, or it is cut off or nested too deeply: its {} bytes are no valid protobuf message", bytes.size());
  check_versions(*model);
  return model;
}

Opsets opsets_of(const google::protobuf::RepeatedPtrField<proto::OperatorSetIdProto>& imports) {
  Opsets opsets;
  for (const proto::OperatorSetIdProto& import : imports) {
    const std::string domain(plain_domain(import.domain()));
    const int64_t version = import.version();
    const int64_t newest = domain.empty() ? newest_opset : domain == "ai.onnx.ml" ? newest_ml_opset : INT64_MAX;
    const std::string_view shown = domain.empty() ? std::string_view("ai.onnx") : domain;
    if (version < 1) fail("opset {} of {} does not exist: versions start at 1", version, shown);
    if (version > newest) fail_unsupported("the model uses opset {} of {}; Burnish knows 1 to {}", version, shown, newest);
    const auto [entry, added] = opsets.emplace(domain, version);
    if (not added and entry->second != version)
      fail("the model imports {} twice, as opset {} and as opset {}", shown, entry->second, version);
  }
  return opsets;
}

int64_t opset_of(const Opsets& opsets, std::string_view domain) {
  const auto found = opsets.find(plain_domain(domain));
  if (found == opsets.end()) fail("the model does not import the operator domain `{}`", domain.empty() ? "ai.onnx" : domain);
  return found->second;
}

}  // namespace burnish::onnx
