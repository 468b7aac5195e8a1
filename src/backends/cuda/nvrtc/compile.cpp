#include "backends/cuda/nvrtc/compile.h"

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "backends/cuda/kernels/device_headers.h"
#include "backends/cuda/nvrtc/nvrtc_api.h"
#include "base/error.h"
#include "base/hash.h"

namespace burnish::cuda {
namespace {

class Program {
 public:
  explicit Program(const std::string& source) {
    std::vector<const char*> names, texts;
    for (const DeviceHeader& header : device_headers()) {
      names.push_back(header.name);
      texts.push_back(header.text);
    }
    const nvrtcResult made =
        nvrtc_api().nvrtcCreateProgram(&program_, source.c_str(), "kernel.cu", static_cast<int>(names.size()), texts.data(), names.data());
    if (made != NVRTC_SUCCESS) fail("NVRTC: {}", nvrtc_api().nvrtcGetErrorString(made));
  }
  ~Program() { nvrtc_api().nvrtcDestroyProgram(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  Tensor compile(int capability) {
    // The architecture's own instructions (wgmma and the like) need the "a" target.
    const std::string target = fmt::format("--gpu-architecture=sm_{}{}", capability, capability >= 90 ? "a" : "");
    const std::array<const char*, 4> options{target.c_str(), "--std=c++20", "--extra-device-vectorization", "-w"};
    const nvrtcResult done = nvrtc_api().nvrtcCompileProgram(program_, static_cast<int>(options.size()), options.data());
    if (done != NVRTC_SUCCESS) fail("NVRTC: {}\n{}", nvrtc_api().nvrtcGetErrorString(done), log());
    size_t bytes = 0;
    if (nvrtc_api().nvrtcGetCUBINSize(program_, &bytes) != NVRTC_SUCCESS or bytes == 0) fail("NVRTC made no machine code for {}", target);
    Tensor code = Tensor::uninitialized(DType::u8, {static_cast<int64_t>(bytes)});
    nvrtc_api().nvrtcGetCUBIN(program_, reinterpret_cast<char*>(code.mutable_data()));
    return code;
  }

 private:
  std::string log() const {
    size_t bytes = 0;
    nvrtc_api().nvrtcGetProgramLogSize(program_, &bytes);
    std::string text(bytes, ' ');
    nvrtc_api().nvrtcGetProgramLog(program_, text.data());
    return text;
  }

  nvrtcProgram program_ = nullptr;
};

}  // namespace

Tensor compile(const std::string& source, int capability) {
  static std::mutex mutex;
  static std::map<std::pair<Hash128, int>, Tensor> known;
  if (not nvrtc_api().reason.empty()) fail_unsupported("{}", nvrtc_api().reason);
  const std::pair key{hash_of(source), capability};
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  Tensor made =
      in_context([&] { return fmt::format("compiling a kernel:\n{}", source); }, [&] { return Program(source).compile(capability); });
  const std::lock_guard lock(mutex);
  return known.emplace(key, std::move(made)).first->second;
}

}  // namespace burnish::cuda
