// The inside of a symbolic Dim: a sum of products of atoms with integer coefficients, always in normal form.
// dim.cpp computes with it, dim_text.cpp prints and parses it. Nobody else includes this header.
// Expressions are bounded in terms, depth and text, so that no input can make them explode.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tensor/dim.h"

namespace burnish {

/// What cannot be expanded further: a symbol, or a function of other dims.
struct DimAtom {
  enum class Kind : uint8_t { symbol, floor_div, ceil_div, min, max, broadcast };
  Kind kind = Kind::symbol;
  std::string name;       // of a symbol
  std::vector<Dim> args;  // of a function
  std::string text;       // orders atoms, and tells equal ones
  int depth = 1;
};

struct DimTerm {
  std::vector<std::shared_ptr<const DimAtom>> atoms;  // sorted by text, repeated for powers; empty for the constant term
  std::string key;                                    // the atoms' text, joined
  int64_t coefficient = 0;                            // never 0
};

struct DimExpr {
  std::vector<DimTerm> terms;  // sorted by key, the constant term last
  std::string text;
  int depth = 1;

  /// Brings any terms into normal form.
  static Dim make(std::vector<DimTerm> terms);
  static Dim of_atom(DimAtom atom);
  static std::vector<DimTerm> terms_of(const Dim& dim);
  static const DimExpr* inside(const Dim& dim) { return dim.expr_.get(); }
  /// The single atom a Dim consists of; nullptr where it is more than that.
  static const DimAtom* as_atom(const Dim& dim);
};

namespace dim_detail {
inline constexpr size_t most_terms = 512;
inline constexpr size_t most_text = 1U << 14U;
inline constexpr int most_depth = 64;
std::string_view name_of(DimAtom::Kind kind);
std::string text_of_atom(const DimAtom& atom);
std::string text_of_terms(std::span<const DimTerm> terms);
int64_t times(int64_t a, int64_t b);  // throws Error where it overflows
int64_t plus(int64_t a, int64_t b);
}  // namespace dim_detail

}  // namespace burnish
