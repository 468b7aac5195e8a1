#include "ir/op.h"

#include "base/text.h"
#include "ir/infer.h"

namespace burnish {

void Op::infer(InferContext& context) const {
  if (not has(Trait::any_kind)) context.expect_plain_inputs();
  type_->infer(data_.get(), context);
}

std::string Op::text() const {
  if (not defined()) return "undefined";
  const std::string fields = type_->print(data_.get());
  return fields.empty() ? type_->name : type_->name + "{" + fields + "}";
}

Op Op::parse(std::string_view text) {
  text = trim(text);
  const size_t brace = text.find('{');
  const std::string_view name = trim(text.substr(0, brace));
  const OperatorType* type = find_operator(name);
  if (type == nullptr) fail("there is no operator `{}`", name);
  std::string_view fields;
  if (brace != std::string_view::npos) {
    if (text.back() != '}') fail("the attributes of {} have no closing brace", name);
    fields = text.substr(brace + 1, text.size() - brace - 2);
  }
  return in_context([&] { return fmt::format("attributes of {}", name); }, [&] { return Op(*type, type->parse(fields)); });
}

}  // namespace burnish
