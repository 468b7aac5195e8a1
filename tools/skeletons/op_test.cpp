#include <gtest/gtest.h>

#include "ir/op.h"

namespace burnish::ops {
namespace {

TEST(@Name@, TextReadsBack) {
  const Op op = Op::parse("@Name@{axis=1}");
  EXPECT_EQ(op.text(), "@Name@{axis=1}");
}

// TODO inference: every rank and axis it takes, a symbolic axis, and each error. Reference: literal expectations.

}  // namespace
}  // namespace burnish::ops
