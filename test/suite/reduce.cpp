// Reduce and ArgReduce: every kind, first, middle, last, several and all axes, kept and dropped, integers, ties, empty reductions.
#include "ops/reduce.h"

#include "ops/arg_reduce.h"
#include "suite/suite.h"

namespace burnish::suite {

BURNISH_CASES(reduce) {
  using enum ops::ReduceKind;
  for (size_t k = 0; k < ops::EnumNames<ops::ReduceKind>::names.size(); ++k) {
    const auto kind = static_cast<ops::ReduceKind>(k);
    // Logarithms need positive sums; products must stay small.
    const Input data = kind == log_sum ? input(f32, {3, 5, 7}).between(0.5, 2)
                       : kind == prod  ? input(f32, {3, 5, 7}).between(-1, 1)
                                       : input(f32, {3, 5, 7});
    for (const bool keep : {true, false})
      for (const auto& axes : {list({0}), list({1}), list({-1}), list({0, 2}), list({1, 2})})
        cases.add(ops::Reduce{kind, keep}, {data, axes}).sums(35);
    cases.add(ops::Reduce{kind}, {data}).named("all axes").sums(105);
    cases.add(ops::Reduce{kind}, {data, list({3})}).fails("axis 3");
  }
  for (const auto kind : {sum, mean, max}) {
    for (const DType type : {f16, bf16, f64, i32, i64}) cases.add(ops::Reduce{kind}, {input(type, {4, 33}), list({1})}).sums(33);
    for (const int64_t length : {1, 15, 16, 17, 1000}) cases.add(ops::Reduce{kind}, {input(f32, {2, length}), list({-1})}).sums(length);
    cases.add(ops::Reduce{kind}, {input(f32, {2, 37, 7, 7}), list({2, 3})}).named("global pool").sums(49);
    cases.add(ops::Reduce{kind}, {input(f32, {2, 9, 8, 33}), list({1, 2})}).named("global pool, channels last").sums(72);
    cases.add(ops::Reduce{kind, true, true}, {input(f32, {2, 3}), list({})}).named("no axes, nothing to do");
  }
  cases.add(ops::Reduce{sum}, {input(f32, {3, 0}), list({1})}).named("of nothing");
  cases.add(ops::Reduce{prod}, {input(f32, {3, 0}), list({1})}).named("of nothing");
  for (const auto kind : {mean, max, log_sum_exp}) {
    cases.add(ops::Reduce{kind}, {input(f32, {2, 40003}), list({1})}).named("few long rows").sums(40003);
    cases.add(ops::Reduce{kind}, {input(f32, {1, 8, 90, 70}), list({2, 3})}).named("few large planes").sums(6300);
    cases.add(ops::Reduce{kind, false}, {input(f32, {2, 3, 4, 5, 6}), list({0, 2, 4})}).named("axes apart").sums(48);
  }
}

BURNISH_CASES(arg_reduce) {
  for (const bool smallest : {false, true})
    for (const bool last : {false, true}) {
      for (const int64_t axis : {0, 1, -1})
        cases.add(ops::ArgReduce{smallest, axis, axis != 1, last}, {input(f32, {3, 17, 5})}).named("with ties");
      cases.add(ops::ArgReduce{smallest, 1, true, last}, {input(i32, {4, 6}).between(0, 2)});
      cases.add(ops::ArgReduce{smallest, -1, false, last}, {input(f32, {2, 1000})});
    }
  cases.add(ops::ArgReduce{false, 2}, {input(f32, {2, 3})}).fails("axis 2");
  for (const bool last : {false, true}) cases.add(ops::ArgReduce{last, 1, true, last}, {input(f32, {1, 70000, 1})}).named("a long row");
}

}  // namespace burnish::suite
