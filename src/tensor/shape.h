// The dimensions of a tensor as the compiler knows them: constants or symbolic expressions, outermost first.
// Shape inference produces Shapes; after symbols are bound every Dim is a constant and `dims()` gives plain numbers.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "burnish/tensor.h"
#include "tensor/dim.h"

namespace burnish {

class Shape {
 public:
  Shape() = default;  // a scalar
  Shape(std::initializer_list<Dim> dims) : dims_(dims) {}
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}
  explicit Shape(std::span<const int64_t> dims) : dims_(dims.begin(), dims.end()) {}

  size_t rank() const { return dims_.size(); }
  const Dim& operator[](size_t axis) const { return dims_.at(axis); }
  Dim& operator[](size_t axis) { return dims_.at(axis); }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  std::span<const Dim> axes() const { return dims_; }
  void push_back(Dim dim) { dims_.push_back(std::move(dim)); }

  bool is_static() const;
  /// The dimensions as numbers; throws Error where one is symbolic.
  Dims dims() const;
  /// The product of all dimensions (1 for a scalar).
  Dim size() const;

  /// This shape with `count` axes from `axis` on replaced by all axes of `with`.
  Shape replaced(size_t axis, size_t count, const Shape& with) const;
  Shape substituted(const DimBindings& bindings) const;
  bool operator==(const Shape&) const = default;

  std::string text() const;  // "[N,3,224,224]"

 private:
  std::vector<Dim> dims_;
};

/// NumPy's broadcasting of two shapes. Throws Error that names both where they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace burnish
