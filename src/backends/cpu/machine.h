// What this processor can do: its name, instruction set, cores, and rough peaks of arithmetic and of memory.
// The backend reports it, tactics estimate with it. The numbers come from a small table, so that they cost nothing and repeat.
#pragma once

#include <string>

#include "burnish/dtype.h"

namespace burnish::cpu {

struct Machine {
  std::string name;      // the processor's brand string
  std::string isa;       // the best instruction set that oneDNN may use here
  double frequency = 0;  // hertz
  double flops_per_cycle_f32 = 0;
  double flops_per_cycle_bf16 = 0;
  double flops_per_cycle_f16 = 0;
  double flops_per_cycle_i8 = 0;

  double flops(int threads, DType type) const;
  /// Of memory that the last-level cache does not hold.
  double bytes_per_second(int threads) const;
};

const Machine& machine();

/// Seconds for this much work: the slower of arithmetic, at `efficiency` of the peak, and traffic.
double roofline(int threads, DType type, double flops, double bytes, double efficiency);

}  // namespace burnish::cpu
