// The types of a model's inputs, with the sizes that the caller fixed, and the symbols behind the dimensions that stay open.
// Called once for the main graph; bodies ask for the types of what they declare. It never looks at nodes.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "burnish/import_config.h"
#include "ir/graph.h"
#include "onnx/proto.h"

namespace burnish::onnx {

/// A declared type, of a tensor or of what a sequence or optional holds; a dimension without a size or a name is empty.
struct DeclaredType {
  DType dtype = DType::f32;
  ValueKind kind = ValueKind::tensor;
  std::optional<std::vector<std::optional<Dim>>> dims;  // nothing where even the rank is not declared
};

/// Throws Error where the value is a map, a sparse tensor or nested deeper than any value we have, or a size is negative. Nothing where no
/// type is declared.
std::optional<DeclaredType> declared_type(const proto::ValueInfoProto& value);
std::optional<DeclaredType> declared_type(const proto::TypeProto& type);

/// The type without its sizes: each is an unknown one, numbered from `first_unknown` on. For values that hold others: files declare the sizes
/// of one example.
TensorType open_type(const DeclaredType& declared, uint64_t first_unknown);

/// Throws Error where a static shape has more elements than can be counted.
void check_size(const Shape& shape);

class Symbols {
 public:
  explicit Symbols(const ImportConfig& config) : config_(config) {}

  /// The types of the main graph's inputs, with what the caller fixed. Throws Error where a given shape or symbol does not fit the model,
  /// or names nothing in it.
  std::vector<TensorType> input_types(const std::vector<const proto::ValueInfoProto*>& inputs);

  Dim substituted(const Dim& dim) const { return dim.substituted(bindings_); }
  /// A symbol that no other dimension has, named after `wish`.
  Dim fresh(const std::string& wish);

 private:
  void bind(const std::string& symbol, int64_t size, const std::string& why);
  Shape declared_shape(const std::string& name, const DeclaredType& declared);
  Shape complete_given_shape(const std::string& name) const;
  void fix(const std::string& name, const Shape& shape);
  void bind_given_symbols();

  const ImportConfig& config_;
  std::set<std::string, std::less<>> names_;
  DimBindings bindings_;
};

}  // namespace burnish::onnx
