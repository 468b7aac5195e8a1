// A mark for functions of plain loops that are worth compiling once for each instruction set; the processor's own is taken when the program
// is loaded. For code that compilers vectorize well; kernels use Highway instead. Sanitizers run before such a choice can be made, so
// there it does nothing.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BURNISH_FOR_EACH_ISA __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BURNISH_FOR_EACH_ISA
#endif
