#include "passes/@file@.h"

#include <gtest/gtest.h>

#include "ir/text.h"

namespace burnish::passes {
namespace {

TEST(@Name@, LeavesAnEmptyGraphAlone) {
  Graph graph = parse_graph("graph \"empty\" {\n}\n");
  EXPECT_FALSE(@Name@{}.run(graph));
}

// TODO one test for each thing it changes and for each condition under which it must not: text before, text after.

}  // namespace
}  // namespace burnish::passes
