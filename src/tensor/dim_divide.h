// Division of symbolic dimensions: exact where the divisor divides, and the normal form of a rounded quotient by a constant.
// Part of dim.cpp's work, apart because polynomial division is a subject of its own.
#pragma once

#include <optional>

#include "tensor/dim.h"

namespace burnish::dim_detail {

/// q with a == b*q for all symbols (b taken as not 0); nothing where there is none.
std::optional<Dim> exact_quotient(const Dim& a, const Dim& b);

/// floor(a/b) without a division of the whole; nothing where it has to stay one. Throws Error on a constant divisor of 0.
std::optional<Dim> simple_floor_div(const Dim& a, const Dim& b);

}  // namespace burnish::dim_detail
