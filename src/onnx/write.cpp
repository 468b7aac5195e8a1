#include "onnx/write.h"

#include "base/error.h"
#include "onnx/external_data.h"
#include "onnx/tensors.h"

namespace burnish::onnx {

void take_in_external_data(proto::ModelProto& model, const std::filesystem::path& folder) {
  ExternalData external(folder, {}, false);
  TensorReader reader(external);
  for (proto::TensorProto& one : *model.mutable_graph()->mutable_initializer()) {
    if (one.data_location() != proto::TensorProto::EXTERNAL) continue;
    const Tensor tensor = in_context([&] { return fmt::format("initializer `{}`", one.name()); }, [&] { return reader.read(one); });
    one.clear_external_data();
    one.clear_data_location();
    one.set_raw_data(tensor.data(), tensor.bytes());
  }
}

std::string bytes_of(const proto::ModelProto& model) {
  std::string bytes;
  if (not model.SerializeToString(&bytes)) fail("the model cannot be written: a protobuf message holds 2 GB at most");
  return bytes;
}

}  // namespace burnish::onnx
