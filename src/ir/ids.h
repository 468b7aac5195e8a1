// Typed indices of nodes and values in a graph's arenas: small, comparable, never reused within one graph.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace burnish {

template <class Tag>
struct Id {
  static constexpr uint32_t none = UINT32_MAX;
  uint32_t index = none;
  bool valid() const { return index != none; }
  explicit operator bool() const { return valid(); }
  auto operator<=>(const Id&) const = default;
};

using NodeId = Id<struct NodeTag>;
/// An invalid ValueId in a node's inputs is an omitted optional input.
using ValueId = Id<struct ValueTag>;

}  // namespace burnish

template <class Tag>
struct std::hash<burnish::Id<Tag>> {
  size_t operator()(burnish::Id<Tag> id) const noexcept { return id.index; }
};
