// TensorProto to Tensor: every element type, raw and typed storage, external data, sparse tensors made dense.
// Bytes are borrowed where their form is already that of a host tensor; the message gives its own up. Each message is read once,
// however often it is used (bodies may be built twice, functions are inlined at each call). It checks all sizes before it allocates.
#pragma once

#include <unordered_map>

#include "burnish/tensor.h"
#include "onnx/external_data.h"
#include "onnx/proto.h"

namespace burnish::onnx {

class TensorReader {
 public:
  explicit TensorReader(ExternalData& external) : external_(external) {}

  Tensor read(proto::TensorProto& tensor);
  Tensor read(proto::SparseTensorProto& sparse);

 private:
  Tensor read_fresh(proto::TensorProto& tensor);

  ExternalData& external_;
  std::unordered_map<const void*, Tensor> done_;
};

/// The dimensions of a tensor, none negative, their product in range.
Dims checked_dims(const google::protobuf::RepeatedField<int64_t>& dims);

/// Bytes that `count` elements take in a file, where types narrower than a byte are packed.
size_t stored_bytes(DType dtype, int64_t count);

/// Elements as a file stores them, as a tensor: borrowed from `owner`, or rewritten where they are packed or not aligned.
Tensor from_stored(DType dtype, Dims dims, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

/// Elements in the typed fields (float_data, int32_data, ...).
Tensor from_fields(DType dtype, Dims dims, proto::TensorProto& tensor);

}  // namespace burnish::onnx
