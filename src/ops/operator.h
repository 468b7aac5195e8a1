// Registration of operators: every file in this room ends in one function that adds what the file defines to the Registry.
// The file's name is the registration (`gather.cpp` defines `register_gather`); the build collects them. Nobody edits a list.
// An operator says everything true about itself: attributes, inference, reference evaluation, ONNX import, traits; nothing about speed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ir/evaluate.h"
#include "ir/graph.h"
#include "ir/infer.h"
#include "ir/op.h"
#include "ops/fields.h"
#include "ops/import.h"

namespace burnish::ops {

/// Adds the nodes for one ONNX node and sets its outputs.
using Importer = std::function<void(ImportContext&)>;

/// One ONNX operator from opset `since` on (until the next entry with a higher `since`).
template <class T>
struct OnnxForm {
  std::string_view name;
  int64_t since = 1;
  T (*import)(const ImportContext&) = nullptr;  // the node keeps its inputs and outputs; where that is not enough use `expand`
  void (*expand)(ImportContext&) = nullptr;
  std::string_view domain = "";
};

template <class T>
struct OperatorSpec {
  std::string_view name;
  void (*infer)(const T&, InferContext&) = nullptr;
  void (*reference)(const T&, EvalContext&) = nullptr;
  std::vector<OnnxForm<T>> onnx;
  Trait traits = Trait::none;
};

class Registry {
 public:
  template <class T>
  void add(OperatorSpec<T> spec);

  /// An ONNX operator composed of others, without a struct of its own.
  void add_import(std::string_view name, int64_t since, Importer importer, std::string_view domain = "");

  const OperatorType* find(std::string_view name) const;
  /// The importer for a node; nullptr where the operator (or its opset) is not known.
  const Importer* find_importer(std::string_view domain, std::string_view name, int64_t opset) const;
  /// All names, sorted: for messages and documentation.
  std::vector<std::string> names() const;
  std::vector<std::string> onnx_names() const;

 private:
  struct Versioned {
    std::map<int64_t, Importer> by_opset;
  };
  void insert(std::unique_ptr<OperatorType> type);

  std::map<std::string, std::unique_ptr<OperatorType>, std::less<>> types_;
  std::map<std::string, Versioned, std::less<>> importers_;  // "domain::name"
};

/// All operators of this build, registered at first use and when the library is loaded.
const Registry& registry();

/// Defined by the build from the file names of this room.
void register_all(Registry& registry);

namespace detail {
template <class T, void (*const* unused)() = nullptr>
struct Erased {
  static inline OperatorSpec<T> spec;
  static void infer(const void* op, InferContext& context) { spec.infer(*static_cast<const T*>(op), context); }
  static void reference(const void* op, EvalContext& context) { spec.reference(*static_cast<const T*>(op), context); }
};
}  // namespace detail

template <class T>
void Registry::add(OperatorSpec<T> spec) {
  using Face = detail::Erased<T>;
  Face::spec = spec;
  auto type = std::make_unique<OperatorType>();
  type->name = std::string(spec.name);
  type->traits = spec.traits;
  type->infer = Face::infer;
  type->reference = Face::reference;
  type->print = print_fields<T>;
  type->parse = parse_fields<T>;
  operator_type<T> = type.get();
  for (const OnnxForm<T>& form : spec.onnx) {
    if (form.expand != nullptr) {
      add_import(form.name, form.since, form.expand, form.domain);
      continue;
    }
    add_import(
        form.name, form.since,
        [import = form.import](ImportContext& context) {
          const std::vector<ValueId> made = context.add(import(context), context.inputs(), context.output_count());
          for (size_t i = 0; i < made.size(); ++i) context.set_output(i, made[i]);
        },
        form.domain);
  }
  insert(std::move(type));
}

}  // namespace burnish::ops
