// The instructions that kernels of matrix products are made of: copies to shared memory that run beside the arithmetic, loads of fragments,
// products of fragments on tensor cores, and clusters of blocks that read one another's shared memory. Thin wrappers of PTX, nothing else.
#pragma once

#include "types.cuh"

/// Where shared memory lies, as instructions name it.
__device__ inline u32 shared_address(const void* memory) { return static_cast<u32>(__cvta_generic_to_shared(memory)); }

/// 16 or 8 bytes from global to shared memory, or zeros where `inside` is false; arrives once its group was waited for.
/// `again`: the multiprocessor will ask for the same soon, and keeps it.
template <int size = 16, bool again = false>
__device__ inline void copy_async(u32 to, const void* from, bool inside) {
  static_assert(size == 16 or size == 8);
  const int bytes = inside ? size : 0;
  if constexpr (size == 16 and again)
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
  else if constexpr (size == 16) asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
  else asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
/// Ends a group of this thread's copies.
__device__ inline void end_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Until at most `pending` of this thread's latest groups are under way. Other threads' copies are seen after a barrier.
template <int pending>
__device__ inline void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

/// Asks for `bytes` neighbours, whole pieces of 16, to be brought into the cache that all multiprocessors share.
__device__ inline void prefetch_into_cache(const void* from, u32 bytes) {
#if __CUDA_ARCH__ >= 900
  asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(from), "r"(bytes) : "memory");
#endif
}

/// Four 8x8 matrices of halves; lane i names row i % 8 of matrix i / 8. Each lane receives two neighbours of row lane / 4 of each matrix.
__device__ inline void load_matrices(u32 (&to)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(row)
               : "memory");
}
/// The same, each matrix transposed.
__device__ inline void load_transposed(u32 (&to)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(row)
               : "memory");
}

/// Two bytes that are neighbours along k: in memory, in copies and in fragments they take the place of one half. Signed and unsigned integers
/// of the left operand (those of the right one are signed), and floats with four bits of exponent.
struct i8_pair {
  u16 bits;
};
struct u8_pair {
  u16 bits;
};
struct f8_pair {
  u16 bits;
};

template <class T>
struct SumOf {
  using type = float;
};
template <>
struct SumOf<i8_pair> {
  using type = i32;
};
template <>
struct SumOf<u8_pair> {
  using type = i32;
};

/// sums += left * right: 16x8 += 16x16 * 16x8, of bytes twice as many along k; halves are added in float, integers in integers.
template <class T>
__device__ inline void multiply_add(typename SumOf<T>::type (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1);
template <>
__device__ inline void multiply_add<f16>(float (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
template <>
__device__ inline void multiply_add<bf16>(float (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}

template <>
__device__ inline void multiply_add<i8_pair>(i32 (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1) {
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
template <>
__device__ inline void multiply_add<u8_pair>(i32 (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1) {
  asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3])
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
}
template <>
__device__ inline void multiply_add<f8_pair>(float (&sums)[4], const u32 (&left)[4], u32 right0, u32 right1) {
#if __CUDA_ARCH__ >= 890
  asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
               : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right0), "r"(right1));
#endif
}

/// All threads of a cluster; writes before it are seen behind it, in every block's shared memory.
__device__ inline void cluster_barrier() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.release.aligned;\nbarrier.cluster.wait.acquire.aligned;" ::: "memory");
#endif
}
/// The same place in the shared memory of block `rank` of the cluster.
__device__ inline u32 shared_address_in(u32 address, u32 rank) {
  u32 mapped = address;
#if __CUDA_ARCH__ >= 900
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(mapped) : "r"(address), "r"(rank));
#endif
  return mapped;
}
/// `count` neighbours, in as few accesses as their alignment allows: what another block holds is far away.
template <int count>
__device__ inline void load_shared_of_cluster(u32 address, float (&to)[count]) {
#if __CUDA_ARCH__ >= 900
#pragma unroll
  for (int i = 0; i < count; i += count % 4 == 0 ? 4 : 1) {
    if constexpr (count % 4 == 0)
      asm volatile("ld.shared::cluster.v4.f32 {%0, %1, %2, %3}, [%4];"
                   : "=f"(to[i]), "=f"(to[i + 1]), "=f"(to[i + 2]), "=f"(to[i + 3])
                   : "r"(address + i * 4));
    else asm volatile("ld.shared::cluster.f32 %0, [%1];" : "=f"(to[i]) : "r"(address + i * 4));
  }
#endif
}

// Products by a group of four warps that read both operands from shared memory (compute capability 9.0 alone).

/// Makes shared memory that was written by copies or stores visible to the instructions below. Each writer calls it before a barrier.
__device__ inline void fence_for_group_products() {
#if __CUDA_ARCH__ == 900
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}
/// Before the first product, and whenever sums were touched.
__device__ inline void begin_group_products() {
#if __CUDA_ARCH__ == 900
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}
__device__ inline void end_group_products() {
#if __CUDA_ARCH__ == 900
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}
template <int pending>
__device__ inline void wait_for_group_products() {
#if __CUDA_ARCH__ == 900
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
#endif
}
/// Keeps the compiler from moving what reads or writes sums across: it does not know that products are under way.
__device__ inline void hold(float& sum) { asm volatile("" : "+f"(sum)::"memory"); }
__device__ inline void hold(i32& sum) { asm volatile("" : "+r"(sum)::"memory"); }
template <class Sum, int count>
__device__ inline void hold_sums(Sum (&sums)[count][4]) {
#pragma unroll
  for (int i = 0; i < count; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j) hold(sums[i][j]);
}
/// Names a matrix in shared memory: rows of 128 bytes along k, in groups of eight rows whose 16-byte pieces are exchanged by row.
__device__ inline u64 group_operand(u32 address) {
  constexpr u64 eight_rows = 1024 >> 4, exchanged_in_128_bytes = 1;
  return static_cast<u64>((address & 0x3ffff) >> 4) | eight_rows << 32 | exchanged_in_128_bytes << 62;
}
