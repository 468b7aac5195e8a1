#include "tensor/layout.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>

#include "base/error.h"
#include "base/text.h"

namespace burnish {
namespace {

constexpr std::string_view axis_names = "0123456789abcdefghijklmnopqrstuvwxyz";

/// What one step along each outer position is worth, and the product of an axis's blocks.
std::vector<int64_t> padded_outer(const Layout& layout, std::span<const int64_t> dims) {
  if (layout.order.size() != dims.size()) fail("the layout {} does not fit dimensions {}", layout.text(), text_of(dims));
  std::vector<int64_t> block(dims.size(), 1);
  for (const Layout::Block& one : layout.blocks) block.at(one.axis) *= one.size;
  std::vector<int64_t> outer(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) outer[i] = dims[i] / block[i] + (dims[i] % block[i] != 0 ? 1 : 0);
  return outer;
}

std::optional<uint8_t> axis_from(char name) {
  const size_t axis = axis_names.find(name);
  return axis == std::string_view::npos ? std::nullopt : std::optional(static_cast<uint8_t>(axis));
}

std::optional<Layout::Block> block_from(std::string_view text, size_t rank) {
  if (text.size() < 3 or text[1] != 'b') return {};
  const std::optional<uint8_t> axis = axis_from(text[0]);
  Layout::Block block;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), block.size);
  if (not axis or *axis >= rank or error != std::errc{} or end != text.data() + text.size()) return {};
  if (block.size < 1 or block.size > (1 << 16)) return {};
  block.axis = *axis;
  return block;
}

}  // namespace

Layout Layout::row_major(size_t rank) {
  Layout out;
  out.order.resize(rank);
  std::iota(out.order.begin(), out.order.end(), uint8_t{0});
  return out;
}

Layout Layout::channels_last(size_t rank) {
  Layout out = row_major(rank);
  if (rank >= 3) std::rotate(out.order.begin() + 1, out.order.begin() + 2, out.order.end());
  return out;
}

Layout Layout::channel_blocks(size_t rank, int32_t size) {
  Layout out = row_major(rank);
  if (rank >= 2 and size > 1) out.blocks.push_back({1, size});
  return out;
}

bool Layout::is_row_major() const { return blocks.empty() and std::ranges::is_sorted(order); }

int64_t Layout::stored_elements(std::span<const int64_t> dims) const {
  Dims stored = padded_outer(*this, dims);
  for (const Block& block : blocks) stored.push_back(block.size);
  return element_count(stored);
}

Dims Layout::strides(std::span<const int64_t> dims) const {
  if (not blocks.empty()) fail("the blocked layout {} has no strides", text());
  if (order.size() != dims.size()) fail("the layout {} does not fit dimensions {}", text(), text_of(dims));
  Dims out(dims.size());
  int64_t stride = 1;
  for (size_t i = order.size(); i-- > 0;) {
    out.at(order[i]) = stride;
    stride *= std::max<int64_t>(dims[order[i]], 1);
  }
  return out;
}

int64_t Layout::offset(std::span<const int64_t> dims, std::span<const int64_t> index) const {
  const std::vector<int64_t> outer = padded_outer(*this, dims);
  if (index.size() != dims.size()) fail("{} coordinates for dimensions {}", index.size(), text_of(dims));
  std::vector<int64_t> left(index.begin(), index.end());
  int64_t out = 0;
  int64_t stride = 1;
  for (size_t i = blocks.size(); i-- > 0;) {
    int64_t& coordinate = left[blocks[i].axis];
    out += coordinate % blocks[i].size * stride;
    coordinate /= blocks[i].size;
    stride *= blocks[i].size;
  }
  for (size_t i = order.size(); i-- > 0;) {
    out += left[order[i]] * stride;
    stride *= outer[order[i]];
  }
  return out;
}

std::string Layout::text() const {
  std::string out;
  for (const uint8_t axis : order) out += axis < axis_names.size() ? axis_names[axis] : '?';
  for (const Block& block : blocks) out += fmt::format(":{}b{}", block.axis < axis_names.size() ? axis_names[block.axis] : '?', block.size);
  return out;
}

std::optional<Layout> Layout::parse(std::string_view text) {
  Layout out;
  const std::vector<std::string_view> parts = split(text, ':');
  for (const char name : parts.front()) {
    const std::optional<uint8_t> axis = axis_from(name);
    if (not axis or *axis >= parts.front().size() or std::ranges::find(out.order, *axis) != out.order.end()) return {};
    out.order.push_back(*axis);
  }
  if (parts.size() > 4) return {};  // three blocks at most: their product stays in range
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::optional<Block> block = block_from(parts[i], out.order.size());
    if (not block) return {};
    out.blocks.push_back(*block);
  }
  return out;
}

}  // namespace burnish
