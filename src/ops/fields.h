// The one description of an operator's attributes: a tuple of named member pointers, from which printing, parsing, equality and
// hashing follow. Operators declare `static constexpr auto fields = std::tuple{field("axis", &Gather::axis)}`.
// Fields that hold their default are left out of the text. Enums give their names through EnumNames.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "burnish/dtype.h"
#include "ir/expr.h"
#include "ir/op.h"

namespace burnish::ops {

template <class T, class M>
struct Field {
  std::string_view name;
  M T::* member;
};
template <class T, class M>
constexpr Field<T, M> field(std::string_view name, M T::* member) {
  return {name, member};
}

/// Specialize for an enum: `static constexpr std::array<std::string_view, N> names` in the order of its values.
template <class E>
struct EnumNames;

std::string print_field(int64_t value);
std::string print_field(double value);  // shortest text that reads back exactly
std::string print_field(bool value);
std::string print_field(const std::string& value);
std::string print_field(DType value);
std::string print_field(const Op& value);
std::string print_field(const Expr& value);
template <class V>
std::string print_field(const std::vector<V>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + print_field(values[i]);
  return text + "]";
}
template <class E>
  requires std::is_enum_v<E>
std::string print_field(E value) {
  return std::string(EnumNames<E>::names.at(static_cast<size_t>(value)));
}

void parse_field(TextCursor& cursor, int64_t& value);
void parse_field(TextCursor& cursor, double& value);
void parse_field(TextCursor& cursor, bool& value);
void parse_field(TextCursor& cursor, std::string& value);
void parse_field(TextCursor& cursor, DType& value);
void parse_field(TextCursor& cursor, Op& value);
void parse_field(TextCursor& cursor, Expr& value);
template <class V>
void parse_field(TextCursor& cursor, std::vector<V>& values) {
  cursor.expect("[");
  values.clear();
  while (cursor.peek() != ']') {
    if (not values.empty()) cursor.expect(",");
    V value{};
    parse_field(cursor, value);
    values.push_back(std::move(value));
  }
  cursor.expect("]");
}
template <class E>
  requires std::is_enum_v<E>
void parse_field(TextCursor& cursor, E& value) {
  const std::string_view word = cursor.word();
  for (size_t i = 0; i < EnumNames<E>::names.size(); ++i)
    if (EnumNames<E>::names[i] == word) {
      value = static_cast<E>(i);
      return;
    }
  cursor.fail_here("unknown value `" + std::string(word) + "`");
}

template <class T>
std::string print_fields(const void* data) {
  const T& op = *static_cast<const T*>(data);
  const T defaults{};
  std::string text;
  const auto print = [&](const auto& one) {
    std::string value = print_field(op.*one.member);
    if (value == print_field(defaults.*one.member)) return;
    if (not text.empty()) text += ", ";
    text.append(one.name).append("=").append(value);
  };
  std::apply([&](const auto&... one) { (print(one), ...); }, T::fields);
  return text;
}

template <class T>
std::shared_ptr<const void> parse_fields(std::string_view text) {
  auto op = std::make_shared<T>();
  TextCursor cursor(text);
  while (not cursor.at_end()) {
    const std::string_view name = cursor.word();
    cursor.expect("=");
    bool known = false;
    const auto parse = [&](const auto& one) {
      if (one.name != name) return;
      parse_field(cursor, (*op).*one.member);
      known = true;
    };
    std::apply([&](const auto&... one) { (parse(one), ...); }, T::fields);
    if (not known) cursor.fail_here("unknown attribute `" + std::string(name) + "`");
    if (not cursor.at_end()) cursor.expect(",");
  }
  return op;
}

}  // namespace burnish::ops
