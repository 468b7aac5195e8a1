// Reads the processor's name and frequency, and looks the operations per cycle and core up by instruction set.
#include "backends/cpu/machine.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "backends/cpu/onednn/onednn.h"
#include "base/text.h"

namespace burnish::cpu {
namespace {

struct IsaFacts {
  dnnl::cpu_isa isa;
  std::string_view name;
  double f32, bf16, f16, i8;
};

// Multiply-add counts as two. The entries of AMX are what large products reach, about half of the tile unit's rate.
constexpr std::array<IsaFacts, 8> isa_facts{{
    {dnnl::cpu_isa::avx512_core_amx_fp16, "avx512_core_amx_fp16", 64, 1024, 1024, 2048},
    {dnnl::cpu_isa::avx512_core_amx, "avx512_core_amx", 64, 1024, 64, 2048},
    {dnnl::cpu_isa::avx512_core_fp16, "avx512_core_fp16", 64, 128, 64, 256},
    {dnnl::cpu_isa::avx512_core_bf16, "avx512_core_bf16", 64, 128, 32, 256},
    {dnnl::cpu_isa::avx512_core_vnni, "avx512_core_vnni", 64, 32, 32, 256},
    {dnnl::cpu_isa::avx512_core, "avx512_core", 64, 32, 32, 128},
    {dnnl::cpu_isa::avx2, "avx2", 32, 16, 16, 64},
    {dnnl::cpu_isa::sse41, "sse41", 8, 4, 4, 8},
}};

std::string cpuinfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      if (const size_t colon = line.find(':'); colon != std::string::npos)
        return std::string(trim(std::string_view(line).substr(colon + 1)));
  return {};
}

Machine read_machine() {
  Machine machine;
  machine.name = cpuinfo("model name");
  if (machine.name.empty()) machine.name = "unknown processor";
  const double megahertz = std::strtod(cpuinfo("cpu MHz").c_str(), nullptr);
  machine.frequency = megahertz > 100 ? megahertz * 1e6 : 2.5e9;
  const auto facts = std::find_if(isa_facts.begin(), isa_facts.end() - 1, [&](const IsaFacts& one) { return onednn::has_isa(one.isa); });
  machine.isa = std::string(facts->name);
  machine.flops_per_cycle_f32 = facts->f32;
  machine.flops_per_cycle_bf16 = facts->bf16;
  machine.flops_per_cycle_f16 = facts->f16;
  machine.flops_per_cycle_i8 = facts->i8;
  return machine;
}

}  // namespace

double Machine::flops(int threads, DType type) const {
  const double per_cycle = type == DType::bf16                        ? flops_per_cycle_bf16
                           : type == DType::f16                       ? flops_per_cycle_f16
                           : type == DType::i8 or type == DType::u8   ? flops_per_cycle_i8
                           : type == DType::f64 or type == DType::i64 ? flops_per_cycle_f32 / 2
                                                                      : flops_per_cycle_f32;
  return per_cycle * frequency * threads;
}

double Machine::bytes_per_second(int threads) const { return std::min(12e9 * threads, 150e9); }

const Machine& machine() {
  static const Machine found = read_machine();
  return found;
}

double roofline(int threads, DType type, double flops, double bytes, double efficiency) {
  // A step's tensors usually still lie in the second- or last-level cache, which is a few times faster than memory.
  constexpr double cached_bytes = 16e6;
  const double rate = machine().bytes_per_second(threads) * (bytes < cached_bytes ? 3 : 1);
  return std::max(flops / (machine().flops(threads, type) * efficiency), bytes / rate);
}

}  // namespace burnish::cpu
