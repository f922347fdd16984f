// LAPACK and BLAS as this machine has them: the functions that kernels call. Internal header.
#pragma once

#include <cstddef>
#include <mutex>

namespace lamina::detail {

/// Fortran's functions for one type. Matrices lie column by column; the size_t at the end are the lengths of
/// the texts.
template <class T>
struct Lapack {
  void (*potrf)(const char* uplo, const int* n, T* a, const int* lda, int* info, size_t);
  void (*getrf)(const int* m, const int* n, T* a, const int* lda, int* pivots, int* info);
  void (*geqrf)(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork,
                int* info);
  void (*orgqr)(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work,
                const int* lwork, int* info);
  void (*ormqr)(const char* side, const char* trans, const int* m, const int* n, const int* k, const T* a,
                const int* lda, const T* tau, T* c, const int* ldc, T* work, const int* lwork, int* info,
                size_t, size_t);
  void (*larft)(const char* direct, const char* storev, const int* n, const int* k, const T* v,
                const int* ldv, const T* tau, T* t, const int* ldt, size_t, size_t);
  void (*larfb)(const char* side, const char* trans, const char* direct, const char* storev, const int* m,
                const int* n, const int* k, const T* v, const int* ldv, const T* t, const int* ldt, T* c,
                const int* ldc, T* work, const int* ldwork, size_t, size_t, size_t, size_t);
  void (*syevd)(const char* job, const char* uplo, const int* n, T* a, const int* lda, T* w, T* work,
                const int* lwork, int* iwork, const int* liwork, int* info, size_t, size_t);
  void (*sytrd)(const char* uplo, const int* n, T* a, const int* lda, T* d, T* e, T* tau, T* work,
                const int* lwork, int* info, size_t);
  void (*stedc)(const char* compz, const int* n, T* d, T* e, T* z, const int* ldz, T* work, const int* lwork,
                int* iwork, const int* liwork, int* info, size_t);
  void (*laed2)(int* k, const int* n, const int* n1, T* d, T* q, const int* ldq, int* indxq, T* rho, T* z,
                T* dlamda, T* w, T* q2, int* indx, int* indxc, int* indxp, int* coltyp, int* info);
  void (*laed4)(const int* n, const int* i, const T* d, const T* z, T* delta, const T* rho, T* dlam,
                int* info);
  void (*ormtr)(const char* side, const char* uplo, const char* trans, const int* m, const int* n, const T* a,
                const int* lda, const T* tau, T* c, const int* ldc, T* work, const int* lwork, int* info,
                size_t, size_t, size_t);
  void (*gesdd)(const char* job, const int* m, const int* n, T* a, const int* lda, T* s, T* u, const int* ldu,
                T* vt, const int* ldvt, T* work, const int* lwork, int* iwork, int* info, size_t);
  void (*gebrd)(const int* m, const int* n, T* a, const int* lda, T* d, T* e, T* tauq, T* taup, T* work,
                const int* lwork, int* info);
  void (*bdsdc)(const char* uplo, const char* compq, const int* n, T* d, T* e, T* u, const int* ldu, T* vt,
                const int* ldvt, T* q, int* iq, T* work, int* iwork, int* info, size_t, size_t);
  void (*ormbr)(const char* vect, const char* side, const char* trans, const int* m, const int* n,
                const int* k, const T* a, const int* lda, const T* tau, T* c, const int* ldc, T* work,
                const int* lwork, int* info, size_t, size_t, size_t);
  void (*trsm)(const char* side, const char* uplo, const char* trans, const char* diag, const int* m,
               const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb, size_t, size_t,
               size_t, size_t);
  void (*gemm)(const char* transa, const char* transb, const int* m, const int* n, const int* k,
               const T* alpha, const T* a, const int* lda, const T* b, const int* ldb, const T* beta, T* c,
               const int* ldc, size_t, size_t);
  void (*gemv)(const char* trans, const int* m, const int* n, const T* alpha, const T* a, const int* lda,
               const T* x, const int* incx, const T* beta, T* y, const int* incy, size_t);
  void (*larfg)(const int* n, T* alpha, T* x, const int* incx, T* tau);
};

/// Opens OpenBLAS, for good, at the first call. Throws Unsupported, with the package to install, where it is
/// missing.
template <class T>
const Lapack<T>& lapack();

/// What must be held during calls, where this machine's OpenBLAS was built for one caller at a time; else
/// null.
std::mutex* turns_of_lapack();

}  // namespace lamina::detail
