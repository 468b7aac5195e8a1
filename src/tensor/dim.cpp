#include "tensor/dim.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.h"
#include "tensor/dim_divide.h"
#include "tensor/dim_expr.h"

namespace burnish {

using dim_detail::plus;
using dim_detail::times;
using Kind = DimAtom::Kind;

int64_t dim_detail::times(int64_t a, int64_t b) {
  int64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) fail("the dimension {}*{} overflows 64 bits", a, b);
  return out;
}

int64_t dim_detail::plus(int64_t a, int64_t b) {
  int64_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) fail("the dimension {}+{} overflows 64 bits", a, b);
  return out;
}

namespace {

bool before(const DimTerm& a, const DimTerm& b) {
  if (a.atoms.empty() or b.atoms.empty()) return not a.atoms.empty();
  return a.key < b.key;
}

DimTerm product(const DimTerm& a, const DimTerm& b) {
  DimTerm out;
  out.coefficient = times(a.coefficient, b.coefficient);
  out.atoms.reserve(a.atoms.size() + b.atoms.size());
  std::ranges::merge(
      a.atoms, b.atoms, std::back_inserter(out.atoms), {}, [](const auto& x) { return std::string_view(x->text); },
      [](const auto& x) { return std::string_view(x->text); });
  for (const auto& atom : out.atoms) out.key += (out.key.empty() ? "" : "*") + atom->text;
  if (out.key.size() > dim_detail::most_text) fail("a dimension's expression is too long");
  return out;
}

void check_bounds(const DimExpr& expr) {
  if (expr.terms.size() > dim_detail::most_terms) fail("a dimension's expression has more than {} terms", dim_detail::most_terms);
  if (expr.text.size() > dim_detail::most_text) fail("a dimension's expression is longer than {} characters", dim_detail::most_text);
  if (expr.depth > dim_detail::most_depth) fail("a dimension's expression is nested deeper than {}", dim_detail::most_depth);
}

Dim function(Kind kind, std::vector<Dim> args) {
  DimAtom atom;
  atom.kind = kind;
  atom.args = std::move(args);
  return DimExpr::of_atom(std::move(atom));
}

/// The arguments of nested functions of one kind, as one list.
void flatten(Kind kind, const Dim& dim, std::vector<Dim>& out) {
  const DimAtom* atom = DimExpr::as_atom(dim);
  if (atom != nullptr and atom->kind == kind) {
    out.insert(out.end(), atom->args.begin(), atom->args.end());
  } else {
    out.push_back(dim);
  }
}

std::vector<Dim> arguments(Kind kind, const Dim& a, const Dim& b) {
  std::vector<Dim> args;
  flatten(kind, a, args);
  flatten(kind, b, args);
  return args;
}

Dim function_of_sorted(Kind kind, std::vector<Dim> args) {
  if (args.size() == 1) return args.front();
  std::ranges::sort(args, {}, [](const Dim& dim) { return dim.text(); });
  return function(kind, std::move(args));
}

/// min or max: of two arguments whose difference is known only one stays.
Dim extreme(Kind kind, const Dim& a, const Dim& b) {
  std::vector<Dim> kept;
  for (const Dim& arg : arguments(kind, a, b)) {
    bool needed = true;
    for (Dim& other : kept) {
      const std::optional<int64_t> difference = (arg - other).constant();
      if (not difference) continue;
      if (kind == Kind::min ? *difference < 0 : *difference > 0) other = arg;
      needed = false;
    }
    if (needed) kept.push_back(arg);
  }
  return function_of_sorted(kind, std::move(kept));
}

template <class Find>
Dim substitute(const Dim& dim, const Find& find);

template <class Find>
Dim substitute(const DimAtom& atom, const Find& find) {
  if (atom.kind == Kind::symbol) {
    const std::optional<Dim> found = find(atom.name);
    return found ? *found : Dim::symbol(atom.name);
  }
  Dim out = substitute(atom.args.front(), find);
  for (size_t i = 1; i < atom.args.size(); ++i) {
    const Dim next = substitute(atom.args[i], find);
    switch (atom.kind) {
      case Kind::floor_div: out = floor_div(out, next); break;
      case Kind::ceil_div: out = ceil_div(out, next); break;
      case Kind::min: out = min(out, next); break;
      case Kind::max: out = max(out, next); break;
      default: out = broadcast(out, next); break;
    }
  }
  return out;
}

template <class Find>
Dim substitute(const Dim& dim, const Find& find) {
  const DimExpr* expr = DimExpr::inside(dim);
  if (expr == nullptr) return dim;
  Dim sum;
  for (const DimTerm& term : expr->terms) {
    Dim value = term.coefficient;
    for (const auto& atom : term.atoms) value = value * substitute(*atom, find);
    sum = sum + value;
  }
  return sum;
}

void collect_symbols(const Dim& dim, std::set<std::string>& out) {
  const DimExpr* expr = DimExpr::inside(dim);
  if (expr == nullptr) return;
  for (const DimTerm& term : expr->terms)
    for (const auto& atom : term.atoms) {
      if (atom->kind == Kind::symbol) out.insert(atom->name);
      for (const Dim& arg : atom->args) collect_symbols(arg, out);
    }
}

}  // namespace

Dim DimExpr::make(std::vector<DimTerm> terms) {
  std::ranges::stable_sort(terms, before);
  std::vector<DimTerm> merged;
  for (DimTerm& term : terms) {
    if (not merged.empty() and merged.back().key == term.key) {
      merged.back().coefficient = plus(merged.back().coefficient, term.coefficient);
    } else {
      merged.push_back(std::move(term));
    }
  }
  std::erase_if(merged, [](const DimTerm& term) { return term.coefficient == 0; });
  if (merged.empty()) return {};
  if (merged.size() == 1 and merged.front().atoms.empty()) return merged.front().coefficient;
  auto expr = std::make_shared<DimExpr>();
  expr->terms = std::move(merged);
  for (const DimTerm& term : expr->terms)
    for (const auto& atom : term.atoms) expr->depth = std::max(expr->depth, atom->depth);
  expr->text = dim_detail::text_of_terms(expr->terms);
  check_bounds(*expr);
  return Dim(std::shared_ptr<const DimExpr>(std::move(expr)));
}

Dim DimExpr::of_atom(DimAtom atom) {
  for (const Dim& arg : atom.args)
    if (const DimExpr* expr = inside(arg); expr != nullptr) atom.depth = std::max(atom.depth, expr->depth + 1);
  atom.text = dim_detail::text_of_atom(atom);
  DimTerm term;
  term.key = atom.text;
  term.coefficient = 1;
  term.atoms.push_back(std::make_shared<const DimAtom>(std::move(atom)));
  std::vector<DimTerm> terms;
  terms.push_back(std::move(term));
  return make(std::move(terms));
}

std::vector<DimTerm> DimExpr::terms_of(const Dim& dim) {
  if (const DimExpr* expr = inside(dim); expr != nullptr) return expr->terms;
  std::vector<DimTerm> out;
  if (dim.value_ != 0) out.push_back({{}, {}, dim.value_});
  return out;
}

const DimAtom* DimExpr::as_atom(const Dim& dim) {
  const DimExpr* expr = inside(dim);
  if (expr == nullptr or expr->terms.size() != 1) return nullptr;
  const DimTerm& term = expr->terms.front();
  return term.coefficient == 1 and term.atoms.size() == 1 ? term.atoms.front().get() : nullptr;
}

Dim Dim::symbol(std::string_view name) {
  if (name.empty()) fail("a symbolic dimension needs a name");
  DimAtom atom;
  atom.name = name;
  return DimExpr::of_atom(std::move(atom));
}

int64_t Dim::value() const {
  if (not is_constant()) fail("the dimension {} is symbolic; bind its symbols first", text());
  return value_;
}

std::string_view Dim::symbol_name() const {
  const DimAtom* atom = DimExpr::as_atom(*this);
  return atom != nullptr and atom->kind == Kind::symbol ? std::string_view(atom->name) : std::string_view();
}

Dim operator+(const Dim& a, const Dim& b) {
  if (a.is_constant() and b.is_constant()) return plus(a.value_, b.value_);
  std::vector<DimTerm> terms = DimExpr::terms_of(a);
  std::ranges::move(DimExpr::terms_of(b), std::back_inserter(terms));
  return DimExpr::make(std::move(terms));
}

Dim operator-(const Dim& a, const Dim& b) {
  std::vector<DimTerm> terms = DimExpr::terms_of(b);
  for (DimTerm& term : terms) term.coefficient = times(term.coefficient, -1);
  std::ranges::move(DimExpr::terms_of(a), std::back_inserter(terms));
  return DimExpr::make(std::move(terms));
}

Dim operator*(const Dim& a, const Dim& b) {
  if (a.is_constant() and b.is_constant()) return times(a.value_, b.value_);
  const std::vector<DimTerm> left = DimExpr::terms_of(a);
  const std::vector<DimTerm> right = DimExpr::terms_of(b);
  if (left.size() * right.size() > dim_detail::most_terms) fail("the product of ({}) and ({}) has too many terms", a.text(), b.text());
  std::vector<DimTerm> terms;
  for (const DimTerm& x : left)
    for (const DimTerm& y : right) terms.push_back(product(x, y));
  return DimExpr::make(std::move(terms));
}

Dim floor_div(const Dim& a, const Dim& b) {
  if (const std::optional<Dim> simple = dim_detail::simple_floor_div(a, b)) return *simple;
  return function(Kind::floor_div, {a, b});
}

Dim ceil_div(const Dim& a, const Dim& b) {
  // A constant divisor needs no function of its own: one form for both makes equal sizes compare equal.
  if (const std::optional<int64_t> divisor = b.constant(); divisor and *divisor > 0) return floor_div(a + (*divisor - 1), b);
  if (b.constant()) return Dim(0) - floor_div(Dim(0) - a, b);
  if (const std::optional<Dim> exact = dim_detail::exact_quotient(a, b)) return *exact;
  return function(Kind::ceil_div, {a, b});
}

Dim min(const Dim& a, const Dim& b) { return extreme(Kind::min, a, b); }
Dim max(const Dim& a, const Dim& b) { return extreme(Kind::max, a, b); }

Dim broadcast(const Dim& a, const Dim& b) {
  if (a == b or b == Dim(1)) return a;
  if (a == Dim(1)) return b;
  if (a.is_constant() and b.is_constant()) fail("dimensions {} and {} do not broadcast", a.value_, b.value_);
  // The other side can only be 1 or the same number.
  if (a.is_constant()) return a;
  if (b.is_constant()) return b;
  std::vector<Dim> kept;
  for (const Dim& arg : arguments(Kind::broadcast, a, b))
    if (std::ranges::find(kept, arg) == kept.end()) kept.push_back(arg);
  return function_of_sorted(Kind::broadcast, std::move(kept));
}

bool Dim::operator==(const Dim& other) const {
  if (expr_ == other.expr_) return expr_ != nullptr or value_ == other.value_;
  return expr_ != nullptr and other.expr_ != nullptr and expr_->text == other.expr_->text;
}

Dim Dim::substituted(const DimBindings& bindings) const {
  return substitute(*this, [&](std::string_view name) -> std::optional<Dim> {
    const auto found = bindings.find(name);
    return found == bindings.end() ? std::nullopt : std::optional<Dim>(found->second);
  });
}

Dim Dim::substituted(const std::map<std::string, Dim, std::less<>>& replacements) const {
  return substitute(*this, [&](std::string_view name) -> std::optional<Dim> {
    const auto found = replacements.find(name);
    return found == replacements.end() ? std::nullopt : std::optional<Dim>(found->second);
  });
}

std::vector<std::string> Dim::symbols() const {
  std::set<std::string> names;
  collect_symbols(*this, names);
  return {names.begin(), names.end()};
}

}  // namespace burnish
