// Moving elements between tensors: what tactics of data movement, and reformats, share. StridedMove copies one rectangular part with any
// strides on both sides, through tiles where one side's innermost axis is not the other's. It knows no operators.
#pragma once

#include <memory>
#include <optional>

#include "backends/cuda/kernels/elementwise.h"
#include "tactics/tactic.h"

namespace burnish::cuda {

/// The unsigned integer that is as wide: copies move bits, so that equal widths share a kernel. Nothing where device code has none.
std::optional<DType> bits_of(DType type);

/// Why a request's tensors cannot be moved by kernels without an epilogue; empty where they can.
std::string move_refusal(const tactics::OpRequest& request, std::span<const size_t> data_inputs);
/// Why the inputs from `first` on cannot be read while building; empty where all of them are constants.
std::string parameter_refusal(const tactics::OpRequest& request, size_t first);
/// A constant parameter's integers; none where the input is omitted.
std::vector<int64_t> parameter(const tactics::OpRequest& request, size_t input);

/// Seconds for kernels that move so many bytes in all, reads and writes together, at a share of the memory's bandwidth.
double move_seconds(double bytes, int launches = 1, double share = 0.7);
double stored_bytes_of(const TensorType& type, std::optional<DType> lowered);

/// Device memory with a constant as `format` stores it.
tactics::DeviceMemory upload_as(const Tensor& constant, const tactics::Format& format);

/// Values in the order of a layout's memory.
Dims in_memory_order(std::span<const int64_t> values, const Layout& layout);

/// A program that copies, or casts.
Expr conversion(DType from, DType to);

class StridedMove {
 public:
  /// The operands walk `domain`; strides of the source may be 0 or negative. Where both store one type, bits are copied.
  StridedMove(tactics::BuildContext& context, const Dims& domain, StridedOperand from, StridedOperand to);

  Status run(const std::byte* from, std::byte* to, void* stream) const noexcept;

 private:
  struct Tiles {
    std::unique_ptr<Code> code;
    CUfunction function = nullptr;
    Grid grid;
    std::vector<std::byte> matrices;  // the kernel's parameter, as device code lays it out
    int64_t from_bytes = 0, to_bytes = 0;
  };
  bool make_tiles(tactics::BuildContext& context, const Dims& domain, const StridedOperand& from, const StridedOperand& to);

  std::unique_ptr<Elementwise> plain_;
  std::optional<Tiles> tiles_;
};

/// A kernel that is one move from input 0, which it may hold itself, to output 0.
template <class Move>
class MoveKernel final : public tactics::Kernel {
 public:
  explicit MoveKernel(Move move, tactics::DeviceMemory constant = {}) : move_(std::move(move)), constant_(std::move(constant)) {}

  Status run(tactics::RunContext& context, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void* /*workspace*/) const noexcept override {
    return move_.run(constant_.data() == nullptr ? in[0].data : constant_.data(), out[0].data, context.stream);
  }

 private:
  Move move_;
  tactics::DeviceMemory constant_;
};

/// The source of a tiled copy: tests compile it without a GPU.
struct TileShape {
  DType from = DType::u32, to = DType::u32;
  int rows = 64, columns = 64;  // of a tile
  int read = 1, write = 1;      // elements one thread moves at once
  size_t rank = 1;              // axes that count matrices
};
std::string tile_source(const TileShape& shape);

}  // namespace burnish::cuda
