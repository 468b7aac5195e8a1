// Pool: the three kinds over one to three axes, paddings, ceil mode, dilations, indices, integers.
#include "ops/pool.h"

#include "suite/suite.h"

namespace burnish::suite {
namespace {

ops::Pool pool(ops::PoolKind kind, std::vector<int64_t> kernel, std::vector<int64_t> strides = {}, std::vector<int64_t> pads = {}) {
  ops::Pool op;
  op.kind = kind;
  op.kernel = std::move(kernel);
  op.strides = std::move(strides);
  op.pads = std::move(pads);
  return op;
}

}  // namespace

BURNISH_CASES(pool) {
  using enum ops::PoolKind;
  for (const auto kind : {max, average, lp}) {
    for (const int64_t channels : {1, 3, 16, 17, 64})
      cases.add(pool(kind, {3, 3}, {2, 2}, {1, 1, 1, 1}), {input(f32, {2, channels, 11, 9})}).sums(9);
    cases.add(pool(kind, {2, 2}, {2, 2}), {input(f32, {1, 8, 8, 8})}).sums(4);
    cases.add(pool(kind, {3, 2}), {input(f32, {1, 5, 7, 7})}).named("overlapping").sums(6);
    cases.add(pool(kind, {7, 7}), {input(f32, {1, 32, 7, 7})}).named("the whole plane").sums(49);
    cases.add(pool(kind, {3}, {2}, {1, 0}), {input(f32, {2, 6, 15})}).sums(3);
    cases.add(pool(kind, {2, 3, 2}, {1, 2, 1}), {input(f32, {1, 4, 5, 7, 6})}).sums(12);
    ops::Pool op = pool(kind, {3, 3}, {2, 2});
    op.ceil_mode = true;
    cases.add(op, {input(f32, {1, 4, 8, 6})}).named("ceil").sums(9);
    op.dilations = {2, 2};
    op.strides = {1, 1};
    cases.add(op, {input(f32, {1, 4, 8, 7})}).named("dilated").sums(9);
    for (const auto pad : {ops::AutoPad::same_upper, ops::AutoPad::same_lower, ops::AutoPad::valid}) {
      ops::Pool automatic = pool(kind, {3, 3}, {2, 2});
      automatic.auto_pad = pad;
      cases.add(automatic, {input(f32, {1, 3, 8, 9})}).sums(9);
    }
    for (const DType type : {f16, bf16, f64}) cases.add(pool(kind, {2, 2}, {2, 2}), {input(type, {1, 8, 6, 6})}).sums(4);
    cases.add(pool(kind, {4, 4}), {input(f32, {1, 3, 3, 5})}).fails("");
  }
  ops::Pool counted = pool(average, {3, 3}, {2, 2}, {1, 1, 1, 1});
  counted.count_include_pad = true;
  cases.add(counted, {input(f32, {2, 5, 9, 9})}).named("padding counts").sums(9);
  for (const DType type : {i8, u8}) cases.add(pool(max, {3, 3}, {2, 2}), {input(type, {1, 16, 9, 9})});
  for (const bool columns : {false, true}) {
    ops::Pool op = pool(max, {2, 2}, {2, 2});
    op.column_major = columns;
    cases.add(op, {input(f32, {2, 3, 6, 8})}).with_outputs(2).named("with indices");
  }
  ops::Pool cubic = pool(lp, {3, 3});
  cubic.p = 3;
  cases.add(cubic, {input(f32, {1, 2, 6, 6})}).sums(9);
}

}  // namespace burnish::suite
