// Formats: when two are the same bytes, what a change is estimated to cost, and the reference copy between any two.
#include "tactics/reformat.h"

#include <gtest/gtest.h>

#include "fake_backend.h"
#include "tactics/sample_data.h"
#include "tensor/number.h"

namespace burnish::tactics {
namespace {

std::vector<Dims> all_indices(const Dims& dims) {
  std::vector<Dims> indices;
  Dims index(dims.size(), 0);
  for (int64_t i = 0; i < element_count(dims); ++i) {
    indices.push_back(index);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++index[axis] < dims[axis]) break;
      index[axis] = 0;
    }
  }
  return indices;
}

std::vector<Layout> layouts_of_rank(size_t rank) {
  std::vector<Layout> layouts = {Layout::row_major(rank)};
  if (rank < 3) return layouts;
  layouts.push_back(Layout::channels_last(rank));
  layouts.push_back(Layout::channel_blocks(rank, 8));
  layouts.push_back(Layout::channel_blocks(rank, 16));
  Layout reversed;
  for (size_t axis = rank; axis-- > 0;) reversed.order.push_back(static_cast<uint8_t>(axis));
  layouts.push_back(reversed);
  Layout twice = Layout::row_major(rank);
  twice.blocks = {{1, 4}, {0, 2}, {1, 2}};
  layouts.push_back(twice);
  return layouts;
}

bool same_addresses(const Layout& a, const Layout& b, const Dims& dims) {
  if (a.stored_elements(dims) != b.stored_elements(dims)) return false;
  for (const Dims& index : all_indices(dims))
    if (a.offset(dims, index) != b.offset(dims, index)) return false;
  return true;
}

TEST(SameMemory, AgreesWithEveryAddress) {
  int same = 0;
  for (const Dims& dims : {Dims{}, Dims{5}, Dims{3, 4}, Dims{1, 16, 1, 1}, Dims{2, 16, 1, 1}, Dims{1, 8, 3, 3}, Dims{1, 1, 3, 4},
                           Dims{1, 3, 1, 1}, Dims{2, 16, 2, 3}, Dims{1, 24, 1, 5}, Dims{3, 1, 1}, Dims{2, 2, 0, 3}})
    for (const Layout& a : layouts_of_rank(dims.size()))
      for (const Layout& b : layouts_of_rank(dims.size())) {
        const bool expected = same_addresses(a, b, dims);
        same += expected and a != b ? 1 : 0;
        EXPECT_EQ(same_memory({DType::f32, a}, {DType::f32, b}, dims), expected) << a.text() << " " << b.text() << " " << text_of(dims);
        EXPECT_FALSE(same_memory({DType::f32, a}, {DType::bf16, b}, dims));
      }
  EXPECT_GT(same, 10);
}

TEST(ReformatVariant, CostsBytesAndStrides) {
  const fake::FakeBackend backend(std::make_shared<double>(0));
  const TensorType type{DType::f32, {1, 16, 8, 8}, {}};
  const Format plain = plain_format(type), last{DType::f32, Layout::channels_last(4)}, narrow{DType::bf16, Layout::row_major(4)};
  const double strided = reformat_variant(backend, type, plain, last, 1).estimate;
  const double copied = reformat_variant(backend, type, plain, plain, 1).estimate;
  EXPECT_DOUBLE_EQ(copied, 2 * 4096 / 1e9);
  EXPECT_GT(strided, copied);
  EXPECT_LT(reformat_variant(backend, type, plain, narrow, 1).estimate, copied);
}

TEST(RefReformat, MovesEveryElement) {
  const Tactic* tactic = registry().find_tactic("ref.reformat");
  ASSERT_NE(tactic, nullptr);
  struct Context final : BuildContext {
    int threads() const override { return 1; }
    Tensor artifact(const Hash128&, const std::function<Tensor()>& make) override { return make(); }
    Hash128 hash_of_constant(const std::shared_ptr<const Tensor>&) override { return {}; }
  } context;
  for (const Dims& dims : {Dims{}, Dims{7}, Dims{2, 3, 4, 5}, Dims{1, 16, 2, 2}, Dims{1, 10, 3}, Dims{2, 0, 3}})
    for (const Layout& from : layouts_of_rank(dims.size()))
      for (const Layout& to : layouts_of_rank(dims.size()))
        for (const DType storage : {DType::f32, DType::f16}) {
          const TensorType type{DType::f32, Shape(std::span<const int64_t>(dims)), {}};
          const OpRequest request = reformat_request(type, {});
          const Format source{DType::f32, from}, target{storage, to};
          Tensor in(DType::f32, {from.stored_elements(dims)});
          for (int64_t i = 0; i < in.size(); ++i) in.set_number(i, static_cast<double>(i % 512));
          Tensor out(DType::u8, {stored_bytes(target, dims)});
          fill_sample(DType::u8, {out.mutable_data(), out.bytes()}, 1, SampleIntegers::numbers);
          Variant variant;
          variant.inputs = {source};
          variant.outputs = {target};
          const BufferRef ins[] = {{in.mutable_data(), static_cast<int64_t>(in.bytes())}}, outs[] = {{out.mutable_data(), out.size()}};
          RunContext run;
          ASSERT_TRUE(tactic->build(context, request, variant)->run(run, ins, outs, nullptr));
          double sum = 0;
          for (const Dims& index : all_indices(dims)) {
            const double wanted = in.number(from.offset(dims, index));
            EXPECT_EQ(load_number(storage, out.data() + to.offset(dims, index) * static_cast<int64_t>(byte_size(storage))), wanted);
            sum += wanted;
          }
          double stored = 0;
          for (int64_t i = 0; i < to.stored_elements(dims); ++i)
            stored += load_number(storage, out.data() + i * static_cast<int64_t>(byte_size(storage)));
          EXPECT_DOUBLE_EQ(stored, sum) << "padding is not zero in " << to.text();
        }
}

}  // namespace
}  // namespace burnish::tactics
