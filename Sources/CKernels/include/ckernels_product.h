#pragma once
// Product of activations with a weight matrix that was packed once, at load.
//
// Layout of a packed [outputs N, inputs K] matrix: K is cut into equal blocks of at most 256; within a
// block, every 16 outputs form a panel, stored [k][16] contiguously:
//
//   block 0: panel 0 [depth][16] | panel 1 [depth][16] | ...     block 1: panel 0 ...
//
// N is padded with zeros to a multiple of 16, K is not padded. Numbers are f32, or stay f16 / bf16 and are
// widened inside the micro-kernel, which halves the memory traffic and is exact.
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { CK_F32 = 0, CK_F16 = 1, CK_BF16 = 2 } ck_element;

typedef enum {
  CK_IDENTITY = 0,
  CK_QUICK_GELU = 1,  // x * sigmoid(1.702 x)
  CK_GELU = 2,        // x * (1 + erf(x / sqrt 2)) / 2
  CK_GELU_TANH = 3,   // the tanh form of GELU
  CK_RELU = 4,
  CK_SILU_GATE = 5,   // y * silu(operand): the operand is the gate, not a residual
  CK_SUM_RELU = 6,    // relu(y + operand)
} ck_activation;

/// A packed weight matrix. The panels belong to the caller and are 64-byte aligned.
typedef struct {
  const void *panels;
  ck_element element;
  long inputs;
  long outputs;
} ck_packed;

/// What happens to a product before it is stored: `y = (activation(x + bias)) * scale + operand`.
/// The operand is added last and never used as the start of an accumulator: that costs precision.
typedef struct {
  const float *bias;     // [N] or NULL
  const float *scale;    // [N] or NULL (LayerScale)
  const float *operand;  // [M, N] residual or gate, or NULL; must not overlap the output
  long operand_stride;   // floats from row to row
  ck_activation activation;
} ck_epilogue;

/// Elements of the panels of an [N, K] matrix.
size_t ck_packed_count(long inputs, long outputs);

/// Packs `count` rows [count, K] of the matrix, which become outputs `first` ..< `first + count`.
/// `panels` was zeroed. Source f16 or bf16 goes to the same element or to f32; f32 only to f32.
/// Calls on different rows may run at the same time.
void ck_pack_rows(void *panels, ck_element element, long inputs, long outputs, long first,
                  long count, const void *rows, ck_element source);

/// The same from the transposed matrix [K, N]: `count` of its rows, which become inputs `first` ..< `first + count`.
void ck_pack_columns(void *panels, ck_element element, long inputs, long outputs, long first,
                     long count, const void *rows, ck_element source);

/// The reverse of packing: rows `first` ..< `first + count` of the [N, K] matrix as f32, [count, K].
/// For products with the transposed matrix, which the panels are not made for.
void ck_unpack_rows(float *rows, const ck_packed *weights, long first, long count);

/// Brings A[M, K] into the order that the kernel reads it in, for several products with it.
/// `tiles`: `ck_tiled_count(rows, inputs)` floats; `element`: of the weights that follow.
void ck_tile_input(const float *a, long a_stride, long rows, long inputs, ck_element element,
                   float *tiles);
size_t ck_tiled_count(long rows, long inputs);

/// C[M, N] = epilogue(A[M, K] Wᵀ), outputs 16 * first_panel ..< min(16 * last_panel, N).
/// `tiles`: A from `ck_tile_input`, which is read in place of `a`; NULL: A is tiled here, a block at a time.
/// `scratch`: `ck_product_scratch()` floats, 64-byte aligned, one a thread; NULL with tiles. C must not overlap A.
void ck_product(const ck_packed *weights, const float *a, long a_stride, long rows, float *c,
                long c_stride, long first_panel, long last_panel, const ck_epilogue *epilogue,
                const float *tiles, float *scratch);
size_t ck_product_scratch(void);

/// Applies the epilogue to a finished [rows, columns] product in place; column 0 is output `first`.
/// For products that another library made.
void ck_finish(float *c, long c_stride, long rows, long columns, long first,
               const ck_epilogue *epilogue);

/// f16 or bf16 to f32.
void ck_widen(float *target, const void *source, ck_element element, long count);

#ifdef __cplusplus
}
#endif
