#pragma once
#include <cblas.h>
#include <openblas_config.h>

// LAPACK's divide and conquer singular values. Debian's OpenBLAS carries the routine but no header for it,
// so the Fortran symbol is declared here. All arguments by reference, column-major, `lwork == -1` asks for the size.
void sgesdd_(const char *jobz, const int *m, const int *n, float *a, const int *lda, float *s, float *u,
             const int *ldu, float *vt, const int *ldvt, float *work, const int *lwork, int *iwork, int *info);

// Eigenvalues of a symmetric matrix, divide and conquer, float64.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
