// Interval placement: several greedy orders, each putting a request into the smallest gap between those alive at the same time.
#include "plan/memory.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace burnish::plan {
namespace {

struct Placed {
  int64_t begin = 0;
  int64_t end = 0;
};

bool overlap_in_time(const MemoryRequest& a, const MemoryRequest& b) { return a.first_step <= b.last_step and b.first_step <= a.last_step; }

/// The start of the smallest gap that holds `bytes` between `busy` (any order); the end of the last where no gap does.
int64_t smallest_gap(std::vector<Placed>& busy, int64_t bytes) {
  std::sort(busy.begin(), busy.end(), [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  int64_t best = -1;
  int64_t best_size = INT64_MAX;
  int64_t free_from = 0;
  for (const Placed& one : busy) {
    const int64_t gap = one.begin - free_from;
    if (gap >= bytes and gap < best_size) {
      best = free_from;
      best_size = gap;
    }
    free_from = std::max(free_from, one.end);
  }
  return best >= 0 ? best : free_from;
}

Placement place_in_order(const std::vector<MemoryRequest>& requests, const std::vector<int64_t>& bytes, const std::vector<size_t>& order) {
  Placement placement{std::vector<int64_t>(requests.size(), 0), 0, 0};
  std::vector<size_t> done;
  std::vector<Placed> busy;
  for (const size_t index : order) {
    if (bytes[index] == 0) continue;
    busy.clear();
    for (const size_t other : done)
      if (overlap_in_time(requests[index], requests[other]))
        busy.push_back({placement.offsets[other], placement.offsets[other] + bytes[other]});
    placement.offsets[index] = smallest_gap(busy, bytes[index]);
    placement.arena_bytes = std::max(placement.arena_bytes, placement.offsets[index] + bytes[index]);
    done.push_back(index);
  }
  return placement;
}

int64_t peak_alive(const std::vector<MemoryRequest>& requests, const std::vector<int64_t>& bytes) {
  uint32_t steps = 0;
  for (const MemoryRequest& request : requests) steps = std::max(steps, request.last_step + 1);
  std::vector<int64_t> change(steps + 1, 0);
  for (size_t i = 0; i < requests.size(); ++i) {
    change[requests[i].first_step] += bytes[i];
    change[requests[i].last_step + 1] -= bytes[i];
  }
  int64_t alive = 0;
  int64_t peak = 0;
  for (const int64_t one : change) peak = std::max(peak, alive += one);
  return peak;
}

std::vector<size_t> order_by(size_t count, const std::function<int64_t(size_t)>& key) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) > key(b); });
  return order;
}

/// Places what reached highest first of all, and again, as long as the budget lasts: a request that found no gap gets its pick of them.
void improve(const std::vector<MemoryRequest>& requests, const std::vector<int64_t>& bytes, std::vector<size_t> order, int64_t bound,
             Placement& best) {
  constexpr size_t budget = 30'000'000;
  const size_t rounds = std::clamp<size_t>(budget / (requests.size() * requests.size() + 1), 8, 400);
  Placement now = best;
  for (size_t round = 0; round < rounds and best.arena_bytes > bound; ++round) {
    const auto is_top = [&](size_t i) { return bytes[i] > 0 and now.offsets[i] + bytes[i] == now.arena_bytes; };
    const auto top = std::find_if(order.begin(), order.end(), is_top);
    if (top == order.end() or top == order.begin()) return;
    std::rotate(order.begin(), top, top + 1);
    now = place_in_order(requests, bytes, order);
    if (now.arena_bytes < best.arena_bytes) best = now;
  }
}

}  // namespace

Placement place(const std::vector<MemoryRequest>& requests, int64_t alignment) {
  std::vector<int64_t> bytes(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) bytes[i] = (requests[i].bytes + alignment - 1) / alignment * alignment;
  const auto lifetime = [&](size_t i) { return static_cast<int64_t>(requests[i].last_step) - requests[i].first_step + 1; };
  const int64_t bound = peak_alive(requests, bytes);
  const std::vector<std::vector<size_t>> orders = {
      order_by(requests.size(), [&](size_t i) { return bytes[i]; }),
      order_by(requests.size(), lifetime),
      order_by(requests.size(), [&](size_t i) { return bytes[i] * lifetime(i); }),
      order_by(requests.size(), [&](size_t i) { return -static_cast<int64_t>(requests[i].first_step); }),
  };
  Placement best;
  for (const std::vector<size_t>& order : orders) {
    Placement placement = place_in_order(requests, bytes, order);
    const bool better = best.offsets.empty() or placement.arena_bytes < best.arena_bytes;
    if (better) best = placement;
    if (best.arena_bytes == bound) break;
    Placement improved = std::move(placement);
    improve(requests, bytes, order, bound, improved);
    if (improved.arena_bytes < best.arena_bytes) best = std::move(improved);
  }
  best.lower_bound = bound;
  return best;
}

}  // namespace burnish::plan
