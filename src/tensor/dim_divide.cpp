#include "tensor/dim_divide.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "tensor/dim_expr.h"

namespace burnish::dim_detail {
namespace {

int64_t floor_quotient(int64_t a, int64_t b) {
  if (b == -1) return times(a, -1);
  const int64_t quotient = a / b;
  return a % b != 0 and (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/// An order of monomials that products respect (by degree, then by atoms), as polynomial division needs.
bool below(const DimTerm& a, const DimTerm& b) {
  if (a.atoms.size() != b.atoms.size()) return a.atoms.size() < b.atoms.size();
  return std::ranges::lexicographical_compare(
      b.atoms, a.atoms, {}, [](const auto& x) { return std::string_view(x->text); },
      [](const auto& x) { return std::string_view(x->text); });
}

Dim dim_of(int64_t coefficient, std::vector<std::shared_ptr<const DimAtom>> atoms) {
  DimTerm term;
  term.coefficient = coefficient;
  for (const auto& atom : atoms) term.key += (term.key.empty() ? "" : "*") + atom->text;
  term.atoms = std::move(atoms);
  std::vector<DimTerm> terms;
  terms.push_back(std::move(term));
  return DimExpr::make(std::move(terms));
}

std::optional<Dim> quotient_of_terms(const DimTerm& a, const DimTerm& b) {
  if (b.coefficient == -1 ? a.coefficient == INT64_MIN : a.coefficient % b.coefficient != 0) return {};
  const auto text = [](const auto& x) { return std::string_view(x->text); };
  if (not std::ranges::includes(a.atoms, b.atoms, {}, text, text)) return {};
  std::vector<std::shared_ptr<const DimAtom>> rest;
  std::ranges::set_difference(a.atoms, b.atoms, std::back_inserter(rest), {}, text, text);
  return dim_of(a.coefficient / b.coefficient, std::move(rest));
}

/// floor((floor(x/k) + y) / d) = floor((x + k*y) / (k*d)), for the strided layers of a network one after the other.
std::optional<Dim> unnested_floor_div(const Dim& a, int64_t divisor) {
  const DimAtom* inner = nullptr;
  for (const DimTerm& term : DimExpr::terms_of(a)) {
    const bool divides = term.atoms.size() == 1 and term.coefficient == 1 and term.atoms[0]->kind == DimAtom::Kind::floor_div;
    if (not divides or not term.atoms[0]->args[1].is_constant()) continue;
    if (inner != nullptr) return {};
    inner = term.atoms[0].get();
  }
  if (inner == nullptr) return {};
  const Dim& by = inner->args[1];
  const Dim rest = a - floor_div(inner->args[0], by);
  return floor_div(inner->args[0] + rest * by, Dim(times(by.value(), divisor)));
}

/// A constant divisor > 1: multiples of it leave the division, and common factors cancel, so that equal quotients look equal.
Dim floor_div_by_constant(const Dim& a, int64_t divisor) {
  Dim whole;
  Dim rest;
  int64_t common = divisor;
  int64_t constant = 0;
  for (const DimTerm& term : DimExpr::terms_of(a)) {
    const int64_t quotient = floor_quotient(term.coefficient, divisor);
    const int64_t remainder = term.coefficient - quotient * divisor;
    whole = whole + dim_of(quotient, term.atoms);
    if (term.atoms.empty()) {
      constant = remainder;
    } else {
      rest = rest + dim_of(remainder, term.atoms);
      common = std::gcd(common, remainder);
    }
  }
  if (rest.is_constant()) return whole;  // what is left lies in [0, divisor)
  // floor((g*x + c) / (g*d)) = floor((x + floor(c/g)) / d)
  Dim reduced = constant / common;
  for (const DimTerm& term : DimExpr::terms_of(rest)) reduced = reduced + dim_of(term.coefficient / common, term.atoms);
  divisor /= common;
  if (divisor == 1) return whole + reduced;
  if (const std::optional<Dim> unnested = unnested_floor_div(reduced, divisor)) return whole + *unnested;
  DimAtom atom;
  atom.kind = DimAtom::Kind::floor_div;
  atom.args = {reduced, divisor};
  return whole + DimExpr::of_atom(std::move(atom));
}

}  // namespace

std::optional<Dim> exact_quotient(const Dim& a, const Dim& b) {
  if (a == b) return Dim(1);
  const std::vector<DimTerm> divisor = DimExpr::terms_of(b);
  if (divisor.empty()) return {};
  const DimTerm& lead = *std::ranges::max_element(divisor, below);
  Dim quotient;
  Dim rest = a;
  for (int step = 0; step < 64; ++step) {
    const std::vector<DimTerm> terms = DimExpr::terms_of(rest);
    if (terms.empty()) return quotient;
    const std::optional<Dim> part = quotient_of_terms(*std::ranges::max_element(terms, below), lead);
    if (not part) return {};
    quotient = quotient + *part;
    rest = rest - *part * b;
  }
  return {};
}

std::optional<Dim> simple_floor_div(const Dim& a, const Dim& b) {
  const std::optional<int64_t> divisor = b.constant();
  if (divisor == 0) fail("the dimension {} is divided by 0", a.text());
  if (a.is_constant() and divisor) return floor_quotient(a.value(), *divisor);
  if (divisor == 1) return a;
  if (not divisor) return exact_quotient(a, b);
  if (*divisor > 0) return floor_div_by_constant(a, *divisor);
  return floor_div(Dim(0) - a, Dim(times(*divisor, -1)));
}

}  // namespace burnish::dim_detail
