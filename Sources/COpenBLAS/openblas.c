#define _GNU_SOURCE
#include "copenblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef void (*sgemm_function)(CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, float, const float *,
                               blasint, const float *, blasint, float, float *, blasint);
typedef void (*dsyrk_function)(CBLAS_ORDER, CBLAS_UPLO, CBLAS_TRANSPOSE, blasint, blasint, double, const double *, blasint, double,
                               double *, blasint);
typedef void (*sgesdd_function)(const char *, const int *, const int *, float *, const int *, float *, float *, const int *, float *,
                                const int *, float *, const int *, int *, int *);
typedef void (*dsyevd_function)(const char *, const char *, const int *, double *, const int *, double *, double *, const int *,
                                int *, const int *, int *);

static struct {
  sgemm_function sgemm;
  dsyrk_function dsyrk;
  sgesdd_function sgesdd;
  dsyevd_function dsyevd;
  void (*set_threads)(int);
  int (*get_threads)(void);
  char *(*config)(void);
  char *(*core_name)(void);
} blas;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  // Read by the library when it is loaded: our own threads call it, each for itself.
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  const char *names[] = {"libopenblas.so.0", "libopenblas.so", NULL};
  void *library = NULL;
  // Its own symbols first: the functions below carry the same names.
  for (int i = 0; names[i] && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (!library) return;
  blas.sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
  blas.dsyrk = (dsyrk_function)dlsym(library, "cblas_dsyrk");
  blas.sgesdd = (sgesdd_function)dlsym(library, "sgesdd_");
  blas.dsyevd = (dsyevd_function)dlsym(library, "dsyevd_");
  blas.set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  blas.get_threads = (int (*)(void))dlsym(library, "openblas_get_num_threads");
  blas.config = (char *(*)(void))dlsym(library, "openblas_get_config");
  blas.core_name = (char *(*)(void))dlsym(library, "openblas_get_corename");
}

static void need(void) { pthread_once(&once, load); }

int clipscope_blas_is_available(void) {
  need();
  return blas.sgemm != NULL;
}

static size_t place(CBLAS_ORDER order, CBLAS_TRANSPOSE transpose, size_t row, size_t column, size_t stride) {
  int by_rows = (order == CblasRowMajor) == (transpose == CblasNoTrans);
  return by_rows ? row * stride + column : column * stride + row;
}

void cblas_sgemm(OPENBLAS_CONST CBLAS_ORDER order, OPENBLAS_CONST CBLAS_TRANSPOSE ta, OPENBLAS_CONST CBLAS_TRANSPOSE tb,
                 OPENBLAS_CONST blasint m, OPENBLAS_CONST blasint n, OPENBLAS_CONST blasint k, OPENBLAS_CONST float alpha,
                 OPENBLAS_CONST float *a, OPENBLAS_CONST blasint lda, OPENBLAS_CONST float *b, OPENBLAS_CONST blasint ldb,
                 OPENBLAS_CONST float beta, float *c, OPENBLAS_CONST blasint ldc) {
  need();
  if (blas.sgemm) {
    blas.sgemm(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return;
  }
  for (blasint i = 0; i < m; i++)
    for (blasint j = 0; j < n; j++) {
      float sum = 0;
      for (blasint l = 0; l < k; l++) sum += a[place(order, ta, i, l, lda)] * b[place(order, tb, l, j, ldb)];
      float *out = c + place(order, CblasNoTrans, i, j, ldc);
      *out = alpha * sum + (beta == 0 ? 0 : beta * *out);
    }
}

void cblas_dsyrk(OPENBLAS_CONST CBLAS_ORDER order, OPENBLAS_CONST CBLAS_UPLO uplo, OPENBLAS_CONST CBLAS_TRANSPOSE trans,
                 OPENBLAS_CONST blasint n, OPENBLAS_CONST blasint k, OPENBLAS_CONST double alpha, OPENBLAS_CONST double *a,
                 OPENBLAS_CONST blasint lda, OPENBLAS_CONST double beta, double *c, OPENBLAS_CONST blasint ldc) {
  need();
  if (blas.dsyrk) {
    blas.dsyrk(order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);
    return;
  }
  for (blasint i = 0; i < n; i++)
    for (blasint j = 0; j < n; j++) {
      if (uplo == CblasUpper ? j < i : j > i) continue;
      double sum = 0;
      for (blasint l = 0; l < k; l++) sum += a[place(order, trans, i, l, lda)] * a[place(order, trans, j, l, lda)];
      double *out = c + place(order, CblasNoTrans, i, j, ldc);
      *out = alpha * sum + (beta == 0 ? 0 : beta * *out);
    }
}

void sgesdd_(const char *jobz, const int *m, const int *n, float *a, const int *lda, float *s, float *u, const int *ldu, float *vt,
             const int *ldvt, float *work, const int *lwork, int *iwork, int *info) {
  need();
  if (blas.sgesdd)
    blas.sgesdd(jobz, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork, info);
  else
    *info = -1000;
}

void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work, const int *lwork,
             int *iwork, const int *liwork, int *info) {
  need();
  if (blas.dsyevd)
    blas.dsyevd(jobz, uplo, n, a, lda, w, work, lwork, iwork, liwork, info);
  else
    *info = -1000;
}

void openblas_set_num_threads(int count) {
  need();
  if (blas.set_threads) blas.set_threads(count);
}

int openblas_get_num_threads(void) {
  need();
  return blas.get_threads ? blas.get_threads() : 1;
}

char *openblas_get_config(void) {
  need();
  return blas.config ? blas.config() : "OpenBLAS is not installed";
}

char *openblas_get_corename(void) {
  need();
  return blas.core_name ? blas.core_name() : "none";
}
