#include "arrays.h"

#include <array>
#include <string_view>

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "base/error.h"
#include "errors.h"

namespace burnish::python {
namespace {

/// Callables and types looked up once. Never freed: the interpreter may be gone before static objects are.
struct Known {
  nb::object empty = nb::module_::import_("numpy").attr("empty");
  nb::object arrays = nb::module_::import_("burnish._arrays");
  std::array<nb::object, dtype_count> dtypes, raw;
};
Known& known() {
  static Known* const made = new Known;
  return *made;
}

nb::object looked_up(nb::object& slot, const char* function, DType dtype) {
  if (not slot.is_valid()) slot = known().arrays.attr(function)(std::string(name_of(dtype)));
  return slot;
}
nb::object raw_dtype(DType dtype) { return looked_up(known().raw[static_cast<size_t>(dtype)], "raw_dtype", dtype); }

/// Whether a buffer of this format holds elements of `dtype`, in the machine's byte order. Types that no format names come as raw integers.
bool holds(const char* format, Py_ssize_t item, DType dtype) {
  if (static_cast<size_t>(item) != byte_size(dtype)) return false;
  std::string_view text = format == nullptr ? "B" : format;
  if (text.starts_with('@') or text.starts_with('=') or text.starts_with('<')) text.remove_prefix(1);
  const auto one_of = [&](std::string_view kinds) { return text.size() == 1 and kinds.find(text[0]) != std::string_view::npos; };
  switch (dtype) {
    case DType::f32: return one_of("f");
    case DType::f64: return one_of("d");
    case DType::f16: return one_of("e");
    case DType::boolean: return one_of("?");
    case DType::i8:
    case DType::i4:
    case DType::i2: return one_of("b");
    case DType::i16: return one_of("h");
    case DType::i32:
    case DType::i64: return one_of("ilq");
    case DType::u16:
    case DType::bf16: return one_of("H");
    case DType::u32:
    case DType::u64: return one_of("ILQ");
    case DType::u8:
    case DType::u4:
    case DType::u2:
    case DType::f8e4m3fn:
    case DType::f8e4m3fnuz:
    case DType::f8e5m2:
    case DType::f8e5m2fnuz:
    case DType::f8e8m0:
    case DType::f4e2m1: return one_of("B");
    case DType::c64: return text == "Zf";
    case DType::c128: return text == "Zd";
    case DType::string: return false;
  }
  return false;
}

// DLPack's numbers for types that nanobind has no names for.
constexpr uint8_t dlpack_f8e4m3fn = 10, dlpack_f8e4m3fnuz = 11, dlpack_f8e5m2 = 12, dlpack_f8e5m2fnuz = 13, dlpack_f8e8m0 = 14;

bool holds(const nb::dlpack::dtype& type, DType dtype) {
  using Code = nb::dlpack::dtype_code;
  if (type.lanes != 1 or type.bits != 8 * byte_size(dtype)) return false;
  const auto code = [&](Code wanted) { return type.code == static_cast<uint8_t>(wanted); };
  switch (dtype) {
    case DType::bf16: return code(Code::Bfloat) or code(Code::UInt);
    case DType::boolean: return code(Code::Bool);
    case DType::f8e4m3fn: return type.code == dlpack_f8e4m3fn or code(Code::UInt);
    case DType::f8e4m3fnuz: return type.code == dlpack_f8e4m3fnuz or code(Code::UInt);
    case DType::f8e5m2: return type.code == dlpack_f8e5m2 or code(Code::UInt);
    case DType::f8e5m2fnuz: return type.code == dlpack_f8e5m2fnuz or code(Code::UInt);
    case DType::f8e8m0: return type.code == dlpack_f8e8m0 or code(Code::UInt);
    case DType::f4e2m1: return code(Code::UInt);
    case DType::string: return false;
    default: break;
  }
  if (is_floating(dtype)) return code(Code::Float);
  if (is_complex(dtype)) return code(Code::Complex);
  return code(is_signed_integer(dtype) ? Code::Int : Code::UInt);
}

template <class Array>
bool is_contiguous(const Array& array) {
  int64_t expected = 1;
  for (size_t axis = array.ndim(); axis-- > 0;) {
    if (array.shape(axis) != 1 and array.stride(axis) != expected) return false;
    expected *= static_cast<int64_t>(array.shape(axis));
  }
  return true;
}

[[noreturn]] void fail_type(const Port& port, nb::handle object, std::string_view hint) {
  fail("`{}` should be a contiguous array of {}, got {}; {}", port.info.name, name_of(port.info.dtype), class_name(object), hint);
}

}  // namespace

nb::object numpy_dtype(DType dtype) { return looked_up(known().dtypes[static_cast<size_t>(dtype)], "numpy_dtype", dtype); }

nb::tuple shape_tuple(std::span<const int64_t> dims) {
  nb::list list;
  for (const int64_t dim : dims) list.append(dim);
  return nb::tuple(list);
}

Port port_of(const TensorInfo& info) {
  Port port{.info = info,
            .name = nb::str(info.name.c_str(), info.name.size()),
            .dtype = numpy_dtype(info.dtype),
            .raw_dtype = raw_dtype(info.dtype),
            .shape = {}};
  port.fixed = info.dtype != DType::string and info.kind == ValueKind::tensor;
  for (const int64_t dim : info.dims) port.fixed = port.fixed and dim >= 0;
  if (port.fixed) port.shape = shape_tuple(info.dims);
  return port;
}

Borrowed::Borrowed(Borrowed&& other) noexcept
    : data_(other.data_),
      dims_(std::move(other.dims_)),
      memory_(other.memory_),
      has_view_(std::exchange(other.has_view_, false)),
      view_(other.view_),
      owner_(std::move(other.owner_)),
      array_(std::move(other.array_)) {}

Borrowed::~Borrowed() {
  if (has_view_) PyBuffer_Release(&view_);
}

/// False where the object has no buffer, or none of this type and order.
bool Borrowed::take_buffer(nb::handle object, DType dtype, bool write) {
  const int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (write ? PyBUF_WRITABLE : 0);
  if (PyObject_GetBuffer(object.ptr(), &view_, flags) != 0) {
    PyErr_Clear();
    return false;
  }
  if (not holds(view_.format, view_.itemsize, dtype)) {
    PyBuffer_Release(&view_);
    return false;
  }
  has_view_ = true;
  data_ = view_.buf;
  dims_.assign(view_.shape, view_.shape + view_.ndim);
  return true;
}

bool Borrowed::take_dlpack(nb::handle object, const Port& port, bool write) {
  if (not nb::hasattr(object, "__dlpack__")) return false;
  if (write) {
    nb::ndarray<> writable;
    if (not nb::try_cast(object, writable)) return false;
    array_ = nb::ndarray<nb::ro>(writable);
  } else if (not nb::try_cast(object, array_)) {
    return false;
  }
  if (not holds(array_.dtype(), port.info.dtype) or not is_contiguous(array_)) {
    if (array_.device_type() == nb::device::cpu::value) return false;
    fail_type(port, object, "make it so on its device first");
  }
  if (array_.device_type() == nb::device::cuda::value) {
    known().arrays.attr("synchronize")(object);
    memory_ = Memory::device;
  } else if (array_.device_type() != nb::device::cpu::value and array_.device_type() != nb::device::cuda_host::value) {
    fail("`{}` lies on a device of DLPack's kind {}; host memory and CUDA's can be used", port.info.name, array_.device_type());
  }
  data_ = const_cast<void*>(static_cast<const void*>(array_.data()));
  dims_.assign(array_.shape_ptr(), array_.shape_ptr() + array_.ndim());
  return true;
}

Borrowed Borrowed::input(nb::handle object, const Port& port) {
  Borrowed made;
  if (port.info.kind != ValueKind::tensor) {
    made.owner_ = nb::borrow(object);
    return made;
  }
  const bool has_buffer = PyObject_CheckBuffer(object.ptr()) != 0;
  if (has_buffer and made.take_buffer(object, port.info.dtype, false)) return made;
  if (not has_buffer and made.take_dlpack(object, port, false)) return made;
  // Another order of axes, a list, a type only numpy can tell: copied, or viewed as raw bytes.
  made.owner_ = known().arrays.attr("as_input")(object, std::string(name_of(port.info.dtype)), port.name);
  if (port.info.dtype == DType::string) {
    made.dims_ = nb::cast<Dims>(made.owner_.attr("shape"));
    return made;
  }
  if (not made.take_buffer(made.owner_, port.info.dtype, false)) fail_type(port, object, "convert it first");
  return made;
}

Borrowed Borrowed::output(nb::handle object, const Port& port) {
  Borrowed made;
  const bool has_buffer = PyObject_CheckBuffer(object.ptr()) != 0;
  if (has_buffer) {
    // An array of ml_dtypes' has no buffer of its own, but one as raw bytes.
    made.owner_ = known().arrays.attr("as_output")(object, std::string(name_of(port.info.dtype)), port.name);
    if (made.take_buffer(made.owner_, port.info.dtype, true)) return made;
  } else if (made.take_dlpack(object, port, true)) {
    return made;
  }
  fail_type(port, object, "an output is never copied, so it must fit as it is");
}

namespace {

/// A list as a sequence, None as an optional that holds nothing. The tensors are copies.
Tensor value_of(nb::handle object, const Port& port, ValueKind kind) {
  if (kind == ValueKind::tensor) {
    Port one = port;
    one.info.kind = kind;
    return Borrowed::input(object, one).tensor(one).clone();
  }
  if (is_optional(kind) and object.is_none()) return Tensor::nothing(kind, port.info.dtype);
  if (is_optional(kind))
    return Tensor::optional(value_of(object, port, kind == ValueKind::optional ? ValueKind::tensor : ValueKind::sequence));
  if (not PyList_Check(object.ptr()) and not PyTuple_Check(object.ptr()))
    fail("`{}` should be a list of arrays, got {}", port.info.name, class_name(object));
  std::vector<Tensor> tensors;
  for (const nb::handle one : object) tensors.push_back(value_of(one, port, ValueKind::tensor));
  return Tensor::sequence(port.info.dtype, std::move(tensors));
}

}  // namespace

Tensor Borrowed::tensor(const Port& port) const {
  if (port.info.kind != ValueKind::tensor) return value_of(owner_, port, port.info.kind);
  if (port.info.dtype != DType::string) return Tensor::borrowed(port.info.dtype, dims_, data_);
  std::vector<std::string> values;
  for (const nb::handle one : known().arrays.attr("byte_strings")(owner_)) {
    const auto bytes = nb::borrow<nb::bytes>(one);
    values.emplace_back(bytes.c_str(), bytes.size());
  }
  return Tensor::of_strings(dims_, std::move(values));
}

nb::object new_array(const Port& port, nb::handle shape, void*& data) {
  nb::object array = known().empty(shape, port.raw_dtype);
  Py_buffer view;
  if (PyObject_GetBuffer(array.ptr(), &view, PyBUF_WRITABLE) != 0) throw nb::python_error();
  data = view.buf;
  PyBuffer_Release(&view);
  return port.dtype.is(port.raw_dtype) ? array : nb::object(array.attr("view")(port.dtype));
}

nb::object to_numpy(const Tensor& tensor) {
  if (tensor.kind() == ValueKind::sequence) {
    nb::list values;
    for (const Tensor& one : tensor.held()) values.append(to_numpy(one));
    return values;
  }
  if (is_optional(tensor.kind())) return tensor.held().empty() ? nb::none() : to_numpy(tensor.held().front());
  if (tensor.dtype() == DType::string) {
    nb::list values;
    for (const std::string& value : tensor.strings()) values.append(nb::bytes(value.data(), value.size()));
    return known().arrays.attr("string_array")(values, shape_tuple(tensor.dims()));
  }
  const auto keep = new Tensor(tensor);
  const nb::capsule owner(keep, [](void* kept) noexcept { delete static_cast<Tensor*>(kept); });
  const std::vector<size_t> shape(tensor.dims().begin(), tensor.dims().end());
  // As bytes; numpy gives them their type. An array needs an address even where it has no elements.
  static std::byte nothing;
  std::byte* const data = tensor.bytes() > 0 ? keep->mutable_data() : &nothing;
  const size_t bytes = tensor.bytes();
  nb::ndarray<nb::numpy, uint8_t, nb::ndim<1>> raw(data, {bytes}, owner);
  return known().arrays.attr("from_bytes")(raw.cast(), numpy_dtype(tensor.dtype()), shape_tuple(tensor.dims()));
}

}  // namespace burnish::python
