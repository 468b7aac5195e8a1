// The reference copy between any two formats: one element at a time, its address the sum of one table entry for each axis.
// Padding of the destination's blocks is filled with zeros.
#include <cstring>

#include "base/error.h"
#include "tactics/reformat.h"
#include "tensor/number.h"

namespace burnish::ref {
namespace {

using tactics::BufferRef;
using tactics::Format;
using tactics::OpRequest;
using tactics::Variant;
using tactics::Verdict;

/// For each axis and position the elements it adds to the offset: in every layout axes contribute independently.
std::vector<std::vector<int64_t>> offset_tables(const Layout& layout, const Dims& dims) {
  std::vector<std::vector<int64_t>> tables(dims.size());
  std::vector<int64_t> index(dims.size(), 0);
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    for (int64_t position = 0; position < dims[axis]; ++position) {
      index[axis] = position;
      tables[axis].push_back(layout.offset(dims, index));
    }
    index[axis] = 0;
  }
  return tables;
}

class ReformatKernel final : public tactics::Kernel {
 public:
  ReformatKernel(Dims dims, const Format& from, const Format& to)
      : dims_(std::move(dims)),
        from_(from.storage),
        to_(to.storage),
        to_bytes_(tactics::stored_bytes(to, dims_)),
        padded_(to_bytes_ != element_count(dims_) * static_cast<int64_t>(byte_size(to.storage))),
        from_offsets_(offset_tables(from.layout, dims_)),
        to_offsets_(offset_tables(to.layout, dims_)) {}

  Status run(tactics::RunContext& /*context*/, std::span<const BufferRef> in, std::span<const BufferRef> out,
             void* /*workspace*/) const noexcept override {
    if (element_count(dims_) == 0) return Status::ok();
    if (padded_) std::memset(out[0].data, 0, static_cast<size_t>(to_bytes_));
    copy_axis(0, in[0].data, out[0].data);
    return Status::ok();
  }

 private:
  void copy_axis(size_t axis, const std::byte* from, std::byte* to) const {
    if (axis == dims_.size()) return copy_element(from, to);
    const auto from_size = static_cast<int64_t>(byte_size(from_));
    const auto to_size = static_cast<int64_t>(byte_size(to_));
    for (size_t i = 0; i < from_offsets_[axis].size(); ++i)
      copy_axis(axis + 1, from + from_offsets_[axis][i] * from_size, to + to_offsets_[axis][i] * to_size);
  }

  void copy_element(const std::byte* from, std::byte* to) const {
    if (from_ == to_) std::memcpy(to, from, byte_size(from_));
    else if (is_floating(from_) or is_floating(to_)) store_number(to_, to, load_number(from_, from));
    else store_integer(to_, to, load_integer(from_, from));
  }

  Dims dims_;
  DType from_;
  DType to_;
  int64_t to_bytes_;
  bool padded_;
  std::vector<std::vector<int64_t>> from_offsets_;
  std::vector<std::vector<int64_t>> to_offsets_;
};

class RefReformat final : public tactics::Tactic {
 public:
  std::string_view id() const override { return "ref.reformat"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (not request.op.is<tactics::Reformat>()) return Verdict::no("not a change of format");
    if (request.inputs.at(0).type.dtype == DType::string) return Verdict::no("strings have no formats");
    return Verdict::yes();
  }

  /// The plan makes the variant from the two formats it has to join (`reformat_variant`); there is none to choose from.
  void variants(const OpRequest& /*request*/, tactics::VariantSink& /*sink*/) const override {}

  std::unique_ptr<tactics::Kernel> build(tactics::BuildContext& /*context*/, const OpRequest& request,
                                         const Variant& variant) const override {
    return std::make_unique<ReformatKernel>(request.dims(0), variant.inputs.at(0), variant.outputs.at(0));
  }
};

}  // namespace

void register_reformat(tactics::Registry& registry) { registry.add(std::make_unique<RefReformat>()); }

}  // namespace burnish::ref
