#include <gtest/gtest.h>

#include "tactics/registry.h"

namespace burnish::@backend@ {
namespace {

TEST(@Name@, IsRegistered) { EXPECT_NE(tactics::registry().find_tactic("@backend@.@id@"), nullptr); }

// TODO each refusal, by its reason; results are judged by the operator suite, which forces every tactic in turn.

}  // namespace
}  // namespace burnish::@backend@
