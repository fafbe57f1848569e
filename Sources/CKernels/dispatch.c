#include "include/ckernels_dispatch.h"

#include <stdatomic.h>

static atomic_int portable = 0;

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

int ck_is_wide(void) {
  return !atomic_load_explicit(&portable, memory_order_relaxed) && ck_cpu_is_wide();
}

void ck_use_portable(int use) { atomic_store_explicit(&portable, use, memory_order_relaxed); }
