#pragma once
// Operations on rows of a matrix: norms, softmax, sums.

#ifdef __cplusplus
extern "C" {
#endif

/// (x - mean) / sqrt(variance + eps) * weight + bias over each row; the variance divides by the width.
/// `bias` may be NULL. Works in place.
void ck_layer_norm(float *target, long target_stride, const float *source, long source_stride,
                   long rows, long width, const float *weight, const float *bias, float epsilon);

/// exp(scale * (x - max)) / sum over each row, in place. -infinity gives exactly 0, and a row of nothing else gives zeros.
void ck_softmax(float *values, long stride, long rows, long width, float scale);

/// x / max(|x|, floor) over each row, in place.
void ck_unit_norm(float *values, long stride, long rows, long width, float floor);

/// target[r] += source[r]; both [rows, width].
void ck_add_rows(float *target, long target_stride, const float *source, long source_stride,
                 long rows, long width);

/// target[r] *= factors, one factor a column.
void ck_scale_columns(float *target, long stride, long rows, long width, const float *factors);

/// Mean of the rows.
void ck_mean_rows(float *target, const float *source, long stride, long rows, long width);

#ifdef __cplusplus
}
#endif
