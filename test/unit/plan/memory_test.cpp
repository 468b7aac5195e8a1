// Placement of memory requests, against a check that compares every pair of requests.
#include "plan/memory.h"

#include <random>

#include <gtest/gtest.h>

namespace burnish::plan {
namespace {

bool alive_together(const MemoryRequest& a, const MemoryRequest& b) { return a.first_step <= b.last_step and b.first_step <= a.last_step; }

void expect_sound(const std::vector<MemoryRequest>& requests, const Placement& placement, int64_t alignment) {
  ASSERT_EQ(placement.offsets.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    const int64_t begin = placement.offsets[i], end = begin + requests[i].bytes;
    EXPECT_GE(begin, 0);
    EXPECT_EQ(begin % alignment, 0);
    EXPECT_LE(end, placement.arena_bytes);
    for (size_t j = 0; j < i; ++j) {
      if (requests[i].bytes == 0 or requests[j].bytes == 0 or not alive_together(requests[i], requests[j])) continue;
      const int64_t other = placement.offsets[j];
      EXPECT_TRUE(end <= other or other + requests[j].bytes <= begin) << "requests " << i << " and " << j << " overlap";
    }
  }
}

/// The most bytes alive at one step, counted step by step.
int64_t most_alive(const std::vector<MemoryRequest>& requests, uint32_t steps, int64_t alignment) {
  int64_t most = 0;
  for (uint32_t step = 0; step < steps; ++step) {
    int64_t alive = 0;
    for (const MemoryRequest& request : requests)
      if (request.first_step <= step and step <= request.last_step) alive += (request.bytes + alignment - 1) / alignment * alignment;
    most = std::max(most, alive);
  }
  return most;
}

TEST(Placement, IsSoundForRandomRequests) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const uint32_t steps = 1 + static_cast<uint32_t>(random() % 30);
    const int64_t alignment = round % 3 == 0 ? 16 : 64;
    std::vector<MemoryRequest> requests(random() % 40);
    for (MemoryRequest& request : requests) {
      request.bytes = static_cast<int64_t>(random() % 8 == 0 ? 0 : random() % 5000);
      request.first_step = static_cast<uint32_t>(random() % steps);
      request.last_step = request.first_step + static_cast<uint32_t>(random() % (steps - request.first_step));
    }
    const Placement placement = place(requests, alignment);
    expect_sound(requests, placement, alignment);
    EXPECT_EQ(placement.lower_bound, most_alive(requests, steps, alignment));
    EXPECT_GE(placement.arena_bytes, placement.lower_bound);
  }
}

TEST(Placement, NothingNeedsNoArena) {
  EXPECT_EQ(place({}).arena_bytes, 0);
  EXPECT_EQ(place({{0, 0, 5}, {0, 1, 2}}).arena_bytes, 0);
}

TEST(Placement, AChainNeedsTwoNeighbours) {
  std::vector<MemoryRequest> requests;
  for (uint32_t i = 0; i < 20; ++i) requests.push_back({640, i, i + 1});
  const Placement placement = place(requests);
  EXPECT_EQ(placement.lower_bound, 1280);
  EXPECT_EQ(placement.arena_bytes, 1280);
}

TEST(Placement, DisjointLifetimesShare) {
  const Placement placement = place({{100, 0, 0}, {1000, 1, 1}, {300, 2, 2}});
  EXPECT_EQ(placement.arena_bytes, 1024);
  EXPECT_EQ(placement.lower_bound, 1024);
}

TEST(Placement, AResidualBranchReachesTheBound) {
  const Placement placement = place({{256, 0, 4}, {512, 1, 2}, {512, 2, 3}, {256, 3, 4}});
  EXPECT_EQ(placement.lower_bound, 256 + 512 + 512);
  EXPECT_EQ(placement.arena_bytes, placement.lower_bound);
}

}  // namespace
}  // namespace burnish::plan
