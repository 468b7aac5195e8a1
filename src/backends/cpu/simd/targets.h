// Which instruction sets the vector code is compiled for: a baseline, AVX2 and AVX-512. Included before Highway by every file
// that uses it; fewer targets keep the library small and its build short.
#pragma once

#include <hwy/detect_targets.h>

#if HWY_ARCH_X86
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif
