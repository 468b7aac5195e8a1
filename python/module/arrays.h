// Arrays between Python and the engine. Inputs are read where they lie (buffer protocol, DLPack); outputs are numpy arrays that the engine
// writes into. What has the wrong order or is no array at all goes through burnish._arrays, which copies. It never runs anything.
#pragma once

#include <nanobind/ndarray.h>

#include <span>
#include <utility>

#include "burnish/engine.h"
#include "names.h"

namespace burnish::python {

/// The numpy type of an element type: ml_dtypes' where numpy has none of its own and the package is there, else that of the raw bytes.
nb::object numpy_dtype(DType dtype);

/// An input or output and what is looked up for it on each call.
struct Port {
  TensorInfo info;
  nb::object name;
  nb::object dtype;      // of the array that the application sees
  nb::object raw_dtype;  // of the same bytes, a type every numpy knows
  nb::object shape;      // a tuple; only where all dimensions are fixed
  bool fixed = false;
};
Port port_of(const TensorInfo& info);
nb::tuple shape_tuple(std::span<const int64_t> dims);

/// An array of the application's, held as long as this lives. Needs the interpreter's lock wherever it is made or destroyed.
class Borrowed {
 public:
  /// Throws Error where the type is wrong. Shapes are the caller's matter.
  static Borrowed input(nb::handle object, const Port& port);
  /// Memory to write into; never a copy.
  static Borrowed output(nb::handle object, const Port& port);

  Borrowed(Borrowed&& other) noexcept;
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed();

  void* data() const { return data_; }
  const Dims& dims() const { return dims_; }
  Memory memory() const { return memory_; }
  /// The same as a tensor: borrowed; or strings, sequences and optionals, which are copied.
  Tensor tensor(const Port& port) const;

 private:
  Borrowed() = default;
  bool take_buffer(nb::handle object, DType dtype, bool write);
  bool take_dlpack(nb::handle object, const Port& port, bool write);

  void* data_ = nullptr;
  Dims dims_;
  Memory memory_ = Memory::host;
  bool has_view_ = false;
  Py_buffer view_{};
  nb::object owner_;
  nb::ndarray<nb::ro> array_;
};

/// A new array for an output, and where its elements lie.
nb::object new_array(const Port& port, nb::handle shape, void*& data);
/// A tensor's elements as an array that keeps the tensor alive; strings as an array of objects; a sequence as a list, an optional as what it
/// holds, or None.
nb::object to_numpy(const Tensor& tensor);

}  // namespace burnish::python
