// Convolutions as products: patches, 3x3 neighbourhoods, average pools.
#include "include/ckernels_patches.h"

#include <string.h>

void ck_patches(float *target, long target_stride, const float *pixels, long plane_stride,
                long channels, long height, long width, long patch) {
  const long gh = height / patch, gw = width / patch;
  for (long i = 0; i < gh; i++)
    for (long c = 0; c < channels; c++)
      for (long y = 0; y < patch; y++) {
        const float *row = pixels + c * plane_stride + (i * patch + y) * width;
        float *to = target + i * gw * target_stride + (c * patch + y) * patch;
        for (long j = 0; j < gw; j++)
          memcpy(to + j * target_stride, row + j * patch, (size_t)patch * sizeof(float));
      }
}

void ck_neighbours(float *target, const float *pixels, long channels, long height, long width,
                   long step, long first, long last) {
  const long out_width = (width - 1) / step + 1;
  const size_t bytes = (size_t)channels * sizeof(float);
  for (long i = first; i < last; i++)
    for (long j = 0; j < out_width; j++)
      for (long dy = -1; dy <= 1; dy++)
        for (long dx = -1; dx <= 1; dx++) {
          const long y = i * step + dy, x = j * step + dx;
          if (y < 0 || y >= height || x < 0 || x >= width)
            memset(target, 0, bytes);
          else
            memcpy(target, pixels + (y * width + x) * channels, bytes);
          target += channels;
        }
}

void ck_average_pool(float *target, const float *pixels, long channels, long height, long width,
                     long size) {
  const long out_height = height / size, out_width = width / size;
  const float share = 1.0f / (float)(size * size);
  for (long i = 0; i < out_height; i++)
    for (long j = 0; j < out_width; j++) {
      float *to = target + (i * out_width + j) * channels;
      for (long c = 0; c < channels; c++) to[c] = 0;
      for (long y = 0; y < size; y++)
        for (long x = 0; x < size; x++) {
          const float *from = pixels + ((i * size + y) * width + j * size + x) * channels;
          for (long c = 0; c < channels; c++) to[c] += from[c];
        }
      for (long c = 0; c < channels; c++) to[c] *= share;
    }
}

void ck_interleave(float *target, const float *planes, long channels, long count) {
  for (long c = 0; c < channels; c++)
    for (long i = 0; i < count; i++) target[i * channels + c] = planes[c * count + i];
}
