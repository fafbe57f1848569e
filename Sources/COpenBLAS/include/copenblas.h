#pragma once
// OpenBLAS by its own names, loaded when the first function is called instead of when the program starts: the library costs
// several milliseconds and megabytes at load, and its worker threads wait by spinning. Only its types come from the header.
#include <cblas.h>
#include <openblas_config.h>

// 0 where the library is not installed. Products then run as plain loops, LAPACK calls report `info == -1000`.
int clipscope_blas_is_available(void);

// LAPACK's divide and conquer singular values. Debian's OpenBLAS carries the routine but no header for it,
// so the Fortran symbol is declared here. All arguments by reference, column-major, `lwork == -1` asks for the size.
void sgesdd_(const char *jobz, const int *m, const int *n, float *a, const int *lda, float *s, float *u,
             const int *ldu, float *vt, const int *ldvt, float *work, const int *lwork, int *iwork, int *info);

// Eigenvalues of a symmetric matrix, divide and conquer, float64.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
