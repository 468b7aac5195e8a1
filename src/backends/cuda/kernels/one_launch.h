// OneLaunch: a kernel of a plan that is one launch of generated code over `count` items, with tensors, constants of its own and plain
// values as parameters. Families whose device code needs nothing else are a source text and a list of parameters.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "backends/cuda/kernels/parameter_bytes.h"
#include "backends/cuda/nvrtc/code.h"

namespace burnish::cuda {

class OneLaunch final : public tactics::Kernel {
 public:
  /// `source` has an entry `kernel`. Nothing is launched where `count` is 0.
  OneLaunch(tactics::BuildContext& context, const std::string& source, int64_t count, unsigned threads = 256);

  /// Parameters, in order. An input or output that is not there is a null pointer.
  void input(size_t index) { parameters_.push_back({.kind = Kind::input, .index = index, .value = {}}); }
  void output(size_t index) { parameters_.push_back({.kind = Kind::output, .index = index, .value = {}}); }
  /// An input that the kernel holds itself.
  void constant(tactics::DeviceMemory memory);
  template <class T>
  void value(T value) {
    ParameterBytes bytes;
    bytes.add(value);
    bytes_of_struct(bytes.finish());
  }
  void bytes_of_struct(std::vector<std::byte> bytes) {
    parameters_.push_back({.kind = Kind::value, .index = 0, .value = std::move(bytes)});
  }
  /// Exactly so many blocks, instead of as many as cover `count`.
  void blocks(unsigned x, unsigned y = 1) { grid_.blocks = {x, y, 1}; }
  /// Copies an input, or the constant that the request has for it, to an output first, where they do not share memory.
  void copy_first(const tactics::OpRequest& request, size_t input, size_t output, const tactics::Format& format);
  /// Fills an output with zeros first.
  void clear_first(size_t output, int64_t bytes) {
    clear_ = {0, output, bytes};
    grid_.may_start_early = false;
  }
  /// An input, or the same constant where the request has one, stored as `format`.
  void operand(const tactics::OpRequest& request, size_t index, const tactics::Format& format);

  Status run(tactics::RunContext& context, std::span<const tactics::BufferRef> in, std::span<const tactics::BufferRef> out,
             void* workspace) const noexcept override;

 private:
  enum class Kind : uint8_t { input, output, constant, value };
  struct Parameter {
    Kind kind = Kind::value;
    size_t index = 0;
    std::vector<std::byte> value;
  };
  struct Before {
    size_t input = 0, output = 0;
    int64_t bytes = 0;
  };
  static constexpr size_t most_parameters = 24;

  std::unique_ptr<Code> code_;
  CUfunction function_ = nullptr;
  Grid grid_;
  bool empty_;
  Before copy_, clear_;
  std::vector<Parameter> parameters_;
  std::vector<tactics::DeviceMemory> constants_;
  tactics::DeviceMemory copied_constant_;
};

}  // namespace burnish::cuda
