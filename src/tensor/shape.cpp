#include "tensor/shape.h"

#include <algorithm>

#include "base/error.h"

namespace burnish {

bool Shape::is_static() const { return std::ranges::all_of(dims_, &Dim::is_constant); }

Dims Shape::dims() const {
  if (not is_static()) fail("the shape {} is symbolic; bind its symbols first", text());
  Dims out;
  out.reserve(rank());
  for (const Dim& dim : dims_) out.push_back(dim.value());
  return out;
}

Dim Shape::size() const {
  Dim out = 1;
  for (const Dim& dim : dims_) out = out * dim;
  return out;
}

Shape Shape::replaced(size_t axis, size_t count, const Shape& with) const {
  if (axis > rank() or count > rank() - axis) fail("cannot replace {} axes from axis {} on in {}", count, axis, text());
  std::vector<Dim> out(dims_.begin(), dims_.begin() + static_cast<ptrdiff_t>(axis));
  out.insert(out.end(), with.begin(), with.end());
  out.insert(out.end(), dims_.begin() + static_cast<ptrdiff_t>(axis + count), dims_.end());
  return Shape(std::move(out));
}

Shape Shape::substituted(const DimBindings& bindings) const {
  Shape out = *this;
  for (Dim& dim : out.dims_) dim = dim.substituted(bindings);
  return out;
}

std::string Shape::text() const {
  std::string out = "[";
  for (size_t i = 0; i < rank(); ++i) out += (i == 0 ? "" : ",") + dims_[i].text();
  return out + "]";
}

Shape broadcast(const Shape& a, const Shape& b) {
  return in_context([&] { return fmt::format("broadcasting {} and {}", a.text(), b.text()); },
                    [&] {
                      std::vector<Dim> out(std::max(a.rank(), b.rank()), Dim(1));
                      for (size_t i = 0; i < a.rank(); ++i) out[out.size() - 1 - i] = a[a.rank() - 1 - i];
                      for (size_t i = 0; i < b.rank(); ++i) {
                        Dim& dim = out[out.size() - 1 - i];
                        dim = broadcast(dim, b[b.rank() - 1 - i]);
                      }
                      return Shape(std::move(out));
                    });
}

}  // namespace burnish
