// An operator with its attributes as one immutable value: a typed struct behind a uniform face.
// Nodes hold Ops; passes read them with `op.as<ops::Conv>()`. What an operator *is* (inference, reference, text, traits) stands in its
// OperatorType, which `src/ops/` registers, one file per operator. An Op never holds speed or device knowledge.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>

#include "base/error.h"
#include "base/hash.h"

namespace burnish {

class InferContext;
class EvalContext;

enum class Trait : uint32_t {
  none = 0,
  pointwise = 1,   // an Expr over broadcast inputs
  view = 2,        // the output has the input's row-major elements under another shape
  moves_data = 4,  // copies elements without computing
  commutative = 8,
  random = 16,          // never folded, never merged
  data_dependent = 32,  // the output's size depends on values
  has_regions = 64,
  any_kind = 128,  // takes sequences, optionals and tensors of unknown rank too
};
constexpr Trait operator|(Trait a, Trait b) { return static_cast<Trait>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b)); }
constexpr bool has(Trait set, Trait one) { return (static_cast<uint32_t>(set) & static_cast<uint32_t>(one)) != 0; }

/// Everything generic about one operator; made by `ops::Registry::add<T>`, alive for the whole process.
struct OperatorType {
  std::string name;
  Trait traits = Trait::none;
  void (*infer)(const void* op, InferContext&) = nullptr;
  void (*reference)(const void* op, EvalContext&) = nullptr;
  std::string (*print)(const void* op) = nullptr;                           // "axis=1, ..." ; empty where all fields have their defaults
  std::shared_ptr<const void> (*parse)(std::string_view fields) = nullptr;  // the inverse; throws Error
};

/// The OperatorType of a C++ struct; set once by registration.
template <class T>
inline const OperatorType* operator_type = nullptr;

/// Finds a registered operator by its name in text; nullptr where unknown. Defined by ops/registry.cpp.
const OperatorType* find_operator(std::string_view name);

class Op {
 public:
  Op() = default;
  template <class T>
    requires(not std::is_same_v<std::decay_t<T>, Op>)
  Op(T data) : type_(operator_type<T>), data_(std::make_shared<const T>(std::move(data))) {  // NOLINT(google-explicit-constructor)
    BURNISH_CHECK(type_ != nullptr, "{} is not registered", typeid(T).name());
  }
  Op(const OperatorType& type, std::shared_ptr<const void> data) : type_(&type), data_(std::move(data)) {}

  bool defined() const { return type_ != nullptr; }
  const OperatorType& type() const { return *type_; }
  std::string_view name() const { return type_->name; }
  template <class T>
  const T* as() const {
    return type_ != nullptr and type_ == operator_type<T> ? static_cast<const T*>(data_.get()) : nullptr;
  }
  template <class T>
  bool is() const {
    return as<T>() != nullptr;
  }
  bool has(Trait trait) const { return burnish::has(type_->traits, trait); }

  /// Throws Error where an input is no tensor of known rank and the operator is not one that takes it.
  void infer(InferContext& context) const;
  void reference(EvalContext& context) const { type_->reference(data_.get(), context); }

  /// "Conv{group=2, strides=[2,2]}": canonical, so equal text means equal operator.
  std::string text() const;
  static Op parse(std::string_view text);
  bool operator==(const Op& other) const { return type_ == other.type_ and (data_ == other.data_ or text() == other.text()); }

 private:
  const OperatorType* type_ = nullptr;
  std::shared_ptr<const void> data_;
};

}  // namespace burnish
