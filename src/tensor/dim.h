// One dimension of a shape: an integer expression over named symbols, kept in a normal form so that equal expressions compare equal.
// Constants are stored inline; everything else is an immutable shared expression. Shape inference computes with Dims;
// a model without dynamic dimensions only ever holds constants. A Dim never knows the range of its symbols: the graph does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace burnish {

/// Values for symbols, by name.
using DimBindings = std::map<std::string, int64_t, std::less<>>;

struct DimExpr;  // dim.cpp: a sum of products of symbols and atoms (floor_div, ceil_div, min, max, broadcast)

class Dim {
 public:
  Dim() = default;                       // the constant 0
  Dim(int64_t value) : value_(value) {}  // NOLINT(google-explicit-constructor): a number is a dimension
  static Dim symbol(std::string_view name);

  bool is_constant() const { return expr_ == nullptr; }
  /// The constant's value; throws Error where it is symbolic.
  int64_t value() const;
  std::optional<int64_t> constant() const { return is_constant() ? std::optional(value_) : std::nullopt; }
  /// The symbol's name where this Dim is exactly one symbol, else empty.
  std::string_view symbol_name() const;

  friend Dim operator+(const Dim& a, const Dim& b);
  friend Dim operator-(const Dim& a, const Dim& b);
  friend Dim operator*(const Dim& a, const Dim& b);
  /// Rounds down; exact where the divisor divides every term. Throws Error on a constant divisor of 0.
  friend Dim floor_div(const Dim& a, const Dim& b);
  friend Dim ceil_div(const Dim& a, const Dim& b);
  friend Dim min(const Dim& a, const Dim& b);
  friend Dim max(const Dim& a, const Dim& b);
  /// The extent of two broadcast axes. Throws Error where both are constants that differ and neither is 1.
  friend Dim broadcast(const Dim& a, const Dim& b);
  bool operator==(const Dim& other) const;

  Dim substituted(const DimBindings& bindings) const;
  /// Replaces symbols by whole expressions.
  Dim substituted(const std::map<std::string, Dim, std::less<>>& replacements) const;
  std::vector<std::string> symbols() const;

  /// "3", "batch", "floor_div(batch*4+1,2)"; `parse` reads it back. Symbol names that are no words are quoted.
  std::string text() const;
  static Dim parse(std::string_view text);

 private:
  friend struct DimExpr;
  explicit Dim(std::shared_ptr<const DimExpr> expr) : expr_(std::move(expr)) {}

  int64_t value_ = 0;
  std::shared_ptr<const DimExpr> expr_;
};

}  // namespace burnish
