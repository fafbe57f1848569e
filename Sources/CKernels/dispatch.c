#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/ckernels_dispatch.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int limit = CK_LEVEL_AVX512;

int ck_cpu_is_wide(void) {
#if defined(__x86_64__)
  static atomic_int known = -1;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer < 0) {
    __builtin_cpu_init();
    answer = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("f16c");
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer;
#else
  return 0;
#endif
}

int ck_cpu_is_widest(void) {
#if defined(__x86_64__)
  static atomic_int known = -1;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer < 0) {
    __builtin_cpu_init();
    answer = ck_cpu_is_wide() && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer;
#else
  return 0;
#endif
}

int ck_is_wide(void) {
  return atomic_load_explicit(&limit, memory_order_relaxed) >= CK_LEVEL_AVX2 && ck_cpu_is_wide();
}

int ck_is_widest(void) {
  return atomic_load_explicit(&limit, memory_order_relaxed) >= CK_LEVEL_AVX512 &&
         ck_cpu_is_widest();
}

void ck_limit_level(ck_level level) {
  atomic_store_explicit(&limit, (int)level, memory_order_relaxed);
}

int ck_core_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
