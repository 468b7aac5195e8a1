// Reads tensors out of the message: picks the place of the elements, checks their number, and hands on to the form at hand.
#include "onnx/tensors.h"

#include <cstring>

#include "base/error.h"
#include "ops/import.h"

namespace burnish::onnx {
namespace {

// A sparse tensor is small in its file whatever its dimensions say, so its dense form needs a bound of its own.
constexpr int64_t largest_dense_bytes = int64_t{1} << 30;

std::string shown_name(const std::string& name) { return name.empty() ? "without a name" : fmt::format("`{}`", name); }

Tensor strings_of(Dims dims, proto::TensorProto& tensor) {
  const auto count = static_cast<size_t>(element_count(dims));
  if (static_cast<size_t>(tensor.string_data_size()) != count)
    fail("string_data holds {} strings, but the dimensions {} need {}", tensor.string_data_size(), text_of(dims), count);
  return Tensor::of_strings(std::move(dims), {tensor.string_data().begin(), tensor.string_data().end()});
}

/// The row-major position of stored element `i` of a sparse tensor, from its linear index or from its coordinates.
int64_t dense_position(const Tensor& indices, int64_t i, const Dims& dims, int64_t size) {
  if (indices.rank() == 1) {
    const int64_t position = indices.integer(i);
    if (position < 0 or position >= size) fail("sparse index {} is outside of {} elements", position, size);
    return position;
  }
  const auto rank = static_cast<int64_t>(dims.size());
  int64_t position = 0;
  for (int64_t axis = 0; axis < rank; ++axis) {
    const int64_t coordinate = indices.integer(i * rank + axis);
    const int64_t extent = dims[static_cast<size_t>(axis)];
    if (coordinate < 0 or coordinate >= extent) fail("sparse coordinate {} on axis {} is outside of {}", coordinate, axis, text_of(dims));
    position = position * extent + coordinate;
  }
  return position;
}

void check_sparse(const Tensor& values, const Tensor& indices, const Dims& dims) {
  if (values.rank() != 1) fail("the values of a sparse tensor must have rank 1, not {}", values.rank());
  if (indices.dtype() != DType::i64) fail("the indices of a sparse tensor must be i64, not {}", name_of(indices.dtype()));
  const bool linear = indices.rank() == 1;
  const bool fits = linear or (indices.rank() == 2 and indices.dim(1) == static_cast<int64_t>(dims.size()));
  if (not fits or indices.dim(0) != values.size())
    fail("the indices {} of a sparse tensor do not fit its {} values of shape {}", text_of(indices.dims()), values.size(), text_of(dims));
  if (values.dtype() == DType::string) fail_unsupported("sparse tensors of strings are not supported");
  if (element_count(dims) > largest_dense_bytes / static_cast<int64_t>(byte_size(values.dtype())))
    fail("a sparse tensor of shape {} is too large to be made dense", text_of(dims));
}

}  // namespace

Dims checked_dims(const google::protobuf::RepeatedField<int64_t>& dims) {
  Dims checked(dims.begin(), dims.end());
  for (const int64_t dim : checked)
    if (dim < 0) fail("the tensor has the negative size {} in its dimensions {}", dim, text_of(checked));
  element_count(checked);
  return checked;
}

Tensor TensorReader::read_fresh(proto::TensorProto& tensor) {
  if (tensor.has_segment()) fail_unsupported("tensors in segments are not supported");
  const DType dtype = ops::dtype_from_onnx(tensor.data_type());
  Dims dims = checked_dims(tensor.dims());
  if (dtype == DType::string) return strings_of(std::move(dims), tensor);

  const size_t needed = stored_bytes(dtype, element_count(dims));
  if (tensor.data_location() == proto::TensorProto::EXTERNAL) {
    const ExternalData::Bytes found = external_.find(tensor, needed);
    return from_stored(dtype, std::move(dims), found.bytes, found.file);
  }
  if (not tensor.has_raw_data()) return from_fields(dtype, std::move(dims), tensor);
  if (tensor.raw_data().size() != needed)
    fail("raw_data holds {} bytes, but {} elements of shape {} need {}", tensor.raw_data().size(), name_of(dtype), text_of(dims), needed);
  const auto owner = std::make_shared<const std::string>(std::move(*tensor.mutable_raw_data()));
  return from_stored(dtype, std::move(dims), std::as_bytes(std::span(owner->data(), owner->size())), owner);
}

Tensor TensorReader::read(proto::TensorProto& tensor) {
  if (const auto found = done_.find(&tensor); found != done_.end()) return found->second;
  return in_context([&] { return fmt::format("tensor {}", shown_name(tensor.name())); },
                    [&] { return done_.emplace(&tensor, read_fresh(tensor)).first->second; });
}

Tensor TensorReader::read(proto::SparseTensorProto& sparse) {
  if (const auto found = done_.find(&sparse); found != done_.end()) return found->second;
  return in_context([&] { return fmt::format("sparse tensor {}", shown_name(sparse.values().name())); },
                    [&] {
                      const Dims dims = checked_dims(sparse.dims());
                      const Tensor values = read(*sparse.mutable_values());
                      const Tensor indices = read(*sparse.mutable_indices());
                      check_sparse(values, indices, dims);
                      Tensor dense(values.dtype(), dims);
                      const size_t width = byte_size(values.dtype());
                      int64_t previous = -1;
                      for (int64_t i = 0; i < values.size(); ++i) {
                        const int64_t position = dense_position(indices, i, dims, dense.size());
                        if (position <= previous) fail("sparse indices must ascend; number {} does not", i);
                        std::memcpy(dense.mutable_data() + static_cast<size_t>(position) * width,
                                    values.data() + static_cast<size_t>(i) * width, width);
                        previous = position;
                      }
                      return done_.emplace(&sparse, std::move(dense)).first->second;
                    });
}

}  // namespace burnish::onnx
