#pragma once
#include <stddef.h>
#include <string.h>
#include <zlib.h>

// Inflates the beginning of a raw deflate stream: at most `capacity` bytes. Returns how many were written, or -1 where the data is
// damaged before that. (libdeflate, which does all other inflating, only does whole streams.)
static inline long clipscope_inflate_prefix(const void *source, size_t source_count, void *target, size_t capacity) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, -15) != Z_OK) return -1;
  stream.next_in = (Bytef *)source;
  stream.avail_in = source_count > 1 << 20 ? 1 << 20 : (uInt)source_count;
  stream.next_out = (Bytef *)target;
  stream.avail_out = (uInt)capacity;
  int status = inflate(&stream, Z_SYNC_FLUSH);
  long written = (long)(capacity - stream.avail_out);
  inflateEnd(&stream);
  return status == Z_OK || status == Z_STREAM_END || (status == Z_BUF_ERROR && written > 0) ? written : -1;
}
