// The text form of Dims: "batch", "batch*4+1", "floor_div(N-1,2)", "max(N,1)".
#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "tensor/dim_expr.h"
#include "tensor/parse.h"

namespace burnish {
namespace {

constexpr std::array<std::string_view, 6> kind_names{"symbol", "floor_div", "ceil_div", "min", "max", "broadcast"};

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 or c == '_' or c == '?'; }
bool continues_name(char c) { return starts_name(c) or std::isdigit(static_cast<unsigned char>(c)) != 0 or c == '.'; }

std::string_view plain_name(std::string_view text) {
  if (text.empty() or not starts_name(text.front())) return {};
  size_t length = 1;
  while (length < text.size() and continues_name(text[length])) ++length;
  return text.substr(0, length);
}

void append_term(std::string& out, const DimTerm& term) {
  int64_t coefficient = term.coefficient;
  if (term.atoms.empty()) {
    if (coefficient >= 0 and not out.empty()) out += '+';
    out += std::to_string(coefficient);
    return;
  }
  // The least integer has no positive counterpart, so it keeps its sign behind the product.
  const bool negate = coefficient < 0 and coefficient != INT64_MIN;
  if (negate) coefficient = -coefficient;
  if (negate) {
    out += '-';
  } else if (not out.empty()) {
    out += '+';
  }
  out += term.key;
  if (coefficient != 1) out += "*" + std::to_string(coefficient);
}

class DimParser {
 public:
  explicit DimParser(TextCursor& cursor) : cursor_(cursor) {}

  Dim sum() {
    if (++depth_ > dim_detail::most_depth) cursor_.fail_here("a dimension is nested too deeply");
    const bool negative = cursor_.peek() == '-' and not digit_after_sign() and cursor_.accept("-");
    Dim out = product();
    if (negative) out = Dim(0) - out;
    while (true) {
      if (cursor_.accept("+")) {
        out = out + product();
      } else if (cursor_.accept("-")) {
        out = out - product();
      } else {
        break;
      }
    }
    --depth_;
    return out;
  }

 private:
  bool digit_after_sign() const { return cursor_.rest().size() > 1 and std::isdigit(static_cast<unsigned char>(cursor_.rest()[1])) != 0; }

  Dim product() {
    Dim out = factor();
    while (cursor_.accept("*")) out = out * factor();
    return out;
  }

  Dim factor() {
    const char next = cursor_.peek();
    if (next == '-' or std::isdigit(static_cast<unsigned char>(next)) != 0) return cursor_.integer();
    if (cursor_.accept("(")) {
      Dim inner = sum();
      cursor_.expect(")");
      return inner;
    }
    const bool plain = next != '"';
    const std::string name = parse_symbol_name(cursor_);
    if (plain and cursor_.peek() == '(')
      for (size_t kind = 1; kind < kind_names.size(); ++kind)
        if (kind_names[kind] == name) return function(static_cast<DimAtom::Kind>(kind));
    return Dim::symbol(name);
  }

  Dim function(DimAtom::Kind kind) {
    cursor_.expect("(");
    Dim out = sum();
    int count = 1;
    while (cursor_.accept(",")) {
      const Dim next = sum();
      ++count;
      switch (kind) {
        case DimAtom::Kind::floor_div: out = floor_div(out, next); break;
        case DimAtom::Kind::ceil_div: out = ceil_div(out, next); break;
        case DimAtom::Kind::min: out = min(out, next); break;
        case DimAtom::Kind::max: out = max(out, next); break;
        default: out = broadcast(out, next); break;
      }
    }
    const bool divides = kind == DimAtom::Kind::floor_div or kind == DimAtom::Kind::ceil_div;
    if (count < 2 or (divides and count > 2)) cursor_.fail_here(fmt::format("{} has {} arguments", dim_detail::name_of(kind), count));
    cursor_.expect(")");
    return out;
  }

  TextCursor& cursor_;
  int depth_ = 0;
};

}  // namespace

std::string_view dim_detail::name_of(DimAtom::Kind kind) { return kind_names[static_cast<size_t>(kind)]; }

std::string dim_detail::text_of_atom(const DimAtom& atom) {
  if (atom.kind == DimAtom::Kind::symbol) return text_of_symbol_name(atom.name);
  std::string out(name_of(atom.kind));
  for (size_t i = 0; i < atom.args.size(); ++i) out += (i == 0 ? "(" : ",") + atom.args[i].text();
  return out + ")";
}

std::string dim_detail::text_of_terms(std::span<const DimTerm> terms) {
  std::string out;
  for (const DimTerm& term : terms) append_term(out, term);
  return out;
}

std::string text_of_symbol_name(std::string_view name) {
  return plain_name(name).size() == name.size() and not name.empty() ? std::string(name) : quoted(name);
}

std::string parse_symbol_name(TextCursor& cursor) {
  if (cursor.peek() == '"') {
    std::string name = cursor.quoted_string();
    if (name.empty()) cursor.fail_here("a symbol needs a name");
    return name;
  }
  const std::string_view name = plain_name(cursor.rest());
  if (name.empty()) cursor.fail_here("expected a number or the name of a symbol");
  cursor.expect(name);
  return std::string(name);
}

Dim parse_dim(TextCursor& cursor) { return DimParser(cursor).sum(); }

std::string Dim::text() const { return is_constant() ? std::to_string(value_) : expr_->text; }

Dim Dim::parse(std::string_view text) {
  TextCursor cursor(text);
  Dim out = parse_dim(cursor);
  if (not cursor.at_end()) cursor.fail_here("a dimension ends here");
  return out;
}

}  // namespace burnish
