#pragma once
// Which implementation of the kernels runs: AVX2+FMA+F16C intrinsics, or the plain C twin.

#ifdef __cplusplus
extern "C" {
#endif

/// 1 when the CPU has AVX2, FMA and F16C.
int ck_cpu_is_wide(void);

/// 1 while the wide kernels are in use: the CPU has them and `ck_use_portable(1)` was not called.
int ck_is_wide(void);

/// 1 makes every kernel take its plain C twin from now on, 0 goes back to what the CPU offers.
/// For tests and for `--portable`; takes effect at the next call of a kernel, in all threads.
void ck_use_portable(int portable);

/// Cores that this process may run on.
int ck_core_count(void);

#ifdef __cplusplus
}
#endif
