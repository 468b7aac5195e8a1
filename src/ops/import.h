// What an operator sees of an ONNX node while it is imported, without protobuf: attributes, input types and constants, and a graph to add to.
// `src/onnx/` implements it; every operator file maps ONNX's forms of all opsets to its one struct through it.
// Attribute accessors throw Error naming the attribute where its type is wrong; the importer adds node, operator, opset and file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "burnish/tensor.h"
#include "ir/graph.h"

namespace burnish::ops {

/// A body of If, Loop or Scan. The values it captures from outside are the trailing inputs of `graph`, in the order of `captured`.
struct ImportedRegion {
  Graph graph;
  std::vector<ValueId> captured;
};

class ImportContext {
 public:
  virtual ~ImportContext() = default;

  virtual std::string_view op_type() const = 0;
  virtual std::string_view domain() const = 0;  // "" is ai.onnx
  virtual int64_t opset() const = 0;

  virtual bool has_attribute(std::string_view name) const = 0;
  virtual std::optional<int64_t> find_int(std::string_view name) const = 0;
  virtual std::optional<double> find_float(std::string_view name) const = 0;
  virtual std::optional<std::string> find_string(std::string_view name) const = 0;
  virtual std::optional<std::vector<int64_t>> find_ints(std::string_view name) const = 0;
  virtual std::optional<std::vector<double>> find_floats(std::string_view name) const = 0;
  virtual std::optional<std::vector<std::string>> find_strings(std::string_view name) const = 0;
  virtual std::optional<Tensor> find_tensor(std::string_view name) const = 0;  // sparse tensors arrive dense
  /// A declared type. Sizes are left open: what a sequence or an optional holds need not be what a model says.
  virtual std::optional<TensorType> find_type(std::string_view /*name*/) const { return {}; }
  virtual ImportedRegion region(std::string_view name) = 0;
  /// As above, where the body's inputs get values of these types.
  virtual ImportedRegion typed_region(std::string_view name, const std::vector<TensorType>& /*inputs*/) { return region(name); }

  int64_t int_or(std::string_view name, int64_t otherwise) const { return find_int(name).value_or(otherwise); }
  bool flag_or(std::string_view name, bool otherwise) const { return find_int(name).value_or(otherwise ? 1 : 0) != 0; }
  double float_or(std::string_view name, double otherwise) const { return find_float(name).value_or(otherwise); }
  std::string string_or(std::string_view name, std::string otherwise) const { return find_string(name).value_or(std::move(otherwise)); }
  std::vector<int64_t> ints_or(std::string_view name, std::vector<int64_t> otherwise) const {
    return find_ints(name).value_or(std::move(otherwise));
  }
  /// Throws Error where the attribute is missing.
  int64_t require_int(std::string_view name) const;
  std::vector<int64_t> require_ints(std::string_view name) const;
  std::string require_string(std::string_view name) const;
  /// The element type named by an ONNX TensorProto.DataType attribute ("to", "dtype").
  std::optional<DType> find_dtype(std::string_view name) const;

  virtual size_t input_count() const = 0;  // trailing omitted inputs are not counted
  virtual size_t output_count() const = 0;
  virtual bool wants_output(size_t index) const = 0;
  /// An invalid id where the input is omitted.
  virtual ValueId input(size_t index) const = 0;
  bool has_input(size_t index) const { return index < input_count() and input(index).valid(); }
  std::vector<ValueId> inputs() const;
  const TensorType& type(ValueId id) const { return graph().type(id); }
  /// nullptr where the input is not a constant.
  const Tensor* constant(size_t index) const;
  /// Integer values of input `index` where known while importing (constant, or from shape arithmetic).
  std::optional<std::vector<int64_t>> integers(size_t index) const;

  virtual const Graph& graph() const = 0;
  virtual std::vector<ValueId> add(Op op, std::vector<ValueId> inputs, size_t outputs, std::vector<Graph> regions = {}) = 0;
  ValueId add(Op op, std::vector<ValueId> inputs) { return add(std::move(op), std::move(inputs), 1).front(); }
  virtual ValueId constant(Tensor tensor) = 0;
  ValueId constant_i64(std::vector<int64_t> values);  // rank 1
  virtual void set_output(size_t index, ValueId value) = 0;
};

/// TensorProto.DataType as a DType; throws Error where it is none.
DType dtype_from_onnx(int64_t data_type);

}  // namespace burnish::ops
