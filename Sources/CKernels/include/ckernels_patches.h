#pragma once
// Rearranging pixels so that a convolution becomes a product.

#ifdef __cplusplus
extern "C" {
#endif

/// Rows of non-overlapping patches: [gh * gw, channels * patch * patch], inner order (channel, row, column),
/// from planar pixels [channels, height, width]. Grid = floor(height / patch) x floor(width / patch).
/// Rows are `target_stride` floats apart; `plane_stride` floats lie between channels.
void ck_patches(float *target, long target_stride, const float *pixels, long plane_stride,
                long channels, long height, long width, long patch);

/// Rows of a 3x3 convolution with padding 1: inner order (row, column, channel), from pixels
/// [height, width, channels]; output rows `first` ..< `last` of the convolution's output image.
void ck_neighbours(float *target, const float *pixels, long channels, long height, long width,
                   long step, long first, long last);

/// Mean over windows of size x size, same step, incomplete windows dropped; [h, w, C] both.
void ck_average_pool(float *target, const float *pixels, long channels, long height, long width,
                     long size);

/// [channels, count] to [count, channels].
void ck_interleave(float *target, const float *planes, long channels, long count);

#ifdef __cplusplus
}
#endif
