#pragma once
// Which implementation of the kernels runs: AVX-512 or AVX2+FMA+F16C intrinsics, or the plain C twin.

#ifdef __cplusplus
extern "C" {
#endif

/// What a CPU offers, and what the kernels are allowed to use of it.
typedef enum {
  CK_LEVEL_PORTABLE = 0,  // plain C
  CK_LEVEL_AVX2 = 1,      // AVX2, FMA and F16C
  CK_LEVEL_AVX512 = 2,    // these and AVX-512 F, BW, DQ and VL
} ck_level;

/// 1 when the CPU has AVX2, FMA and F16C.
int ck_cpu_is_wide(void);

/// 1 when the CPU has AVX-512 F, BW, DQ and VL besides.
int ck_cpu_is_widest(void);

/// 1 while the AVX2 kernels (or wider ones) are in use: the CPU has them and the limit allows them.
int ck_is_wide(void);

/// 1 while the AVX-512 kernels are in use.
int ck_is_widest(void);

/// No kernel uses more than `level` from now on, in all threads; what the CPU lacks is not used anyway.
/// For tests.
void ck_limit_level(ck_level level);

/// Multiply-adds on registers alone, in `steps` rounds; the result is how many there were. `result` receives a number that
/// depends on all of them.
long ck_multiply_add_burst(long steps, float *result);

/// Cores that this process may run on.
int ck_core_count(void);

/// Tells the core that this thread only looks whether something has changed.
static inline void ck_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif
