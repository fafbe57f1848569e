#pragma once
#include <png.h>
#include <setjmp.h>
#include <string.h>

// libpng reports errors by a callback that must not return. Swift cannot be jumped over, so the whole
// decoding lives in one C function that always returns normally.

typedef struct {
  unsigned width, height;
  int bit_depth;   // 1, 2, 4, 8, 16
  int color_type;  // PNG_COLOR_TYPE_*
  int channels;
  int palette_count;
  unsigned char palette[768];
  int alpha_count;  // entries of `palette_alpha`, or 1 when `key` holds a transparent colour
  unsigned char palette_alpha[256];
  unsigned short key[3];
} clipscope_png_header;

enum { clipscope_png_message_capacity = 200 };

typedef struct {
  const unsigned char *data;
  size_t size, offset;
  int ran_out;
  char *message;
} clipscope_png_source;

static void clipscope_png_take(png_structp png, png_bytep out, png_size_t count) {
  clipscope_png_source *source = (clipscope_png_source *)png_get_io_ptr(png);
  if (count > source->size - source->offset) {
    source->ran_out = 1;
    png_error(png, "the file is incomplete");
  }
  memcpy(out, source->data + source->offset, count);
  source->offset += count;
}

static void clipscope_png_fail(png_structp png, png_const_charp text) {
  clipscope_png_source *source = (clipscope_png_source *)png_get_error_ptr(png);
  strncpy(source->message, text, clipscope_png_message_capacity - 1);
  source->message[clipscope_png_message_capacity - 1] = 0;
  png_longjmp(png, 1);
}

static void clipscope_png_note(png_structp png, png_const_charp text) { (void)png; (void)text; }

// Reads the header, and the pixels too when `pixels` is not null. Samples below 8 bits come one to a byte,
// unscaled; 16-bit gray comes big-endian, 16-bit colour cut to its high byte. Returns 0, 1 with a sentence in `message`, or 2 when the data is incomplete.
static inline int clipscope_png_read(
    const unsigned char *data, size_t size, clipscope_png_header *header, unsigned char *pixels, size_t capacity,
    unsigned limit, char *message) {
  clipscope_png_source source = {data, size, 0, 0, message};
  message[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, clipscope_png_fail, clipscope_png_note);
  if (!png) { strcpy(message, "out of memory"); return 1; }
  png_infop volatile info_kept = png_create_info_struct(png);
  if (!info_kept) {
    png_destroy_read_struct(&png, 0, 0);
    strcpy(message, "out of memory");
    return 1;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_infop info = info_kept;
    png_destroy_read_struct(&png, &info, 0);
    return source.ran_out ? 2 : 1;
  }
  png_infop info = info_kept;
  png_set_user_limits(png, limit, limit);
  png_set_read_fn(png, &source, clipscope_png_take);
  // Texts, profiles and the like are of no use here, and each may inflate to megabytes that are kept.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, 0, -1);
  png_read_info(png, info);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->bit_depth = png_get_bit_depth(png, info);
  header->color_type = png_get_color_type(png, info);
  header->channels = png_get_channels(png, info);
  header->palette_count = 0;
  header->alpha_count = 0;
  png_colorp colors = 0;
  int count = 0;
  if (png_get_PLTE(png, info, &colors, &count) && count > 0 && count <= 256) {
    header->palette_count = count;
    for (int i = 0; i < count; i++) {
      header->palette[3 * i] = colors[i].red;
      header->palette[3 * i + 1] = colors[i].green;
      header->palette[3 * i + 2] = colors[i].blue;
    }
  }
  png_bytep alpha = 0;
  png_color_16p key = 0;
  if (png_get_tRNS(png, info, &alpha, &count, &key) && count > 0) {
    if (header->color_type == PNG_COLOR_TYPE_PALETTE && alpha && count <= 256) {
      memcpy(header->palette_alpha, alpha, (size_t)count);
      header->alpha_count = count;
    } else if (key) {
      header->alpha_count = 1;
      if (header->color_type == PNG_COLOR_TYPE_GRAY) {
        header->key[0] = header->key[1] = header->key[2] = key->gray;
      } else {
        header->key[0] = key->red;
        header->key[1] = key->green;
        header->key[2] = key->blue;
      }
    }
  }
  if (pixels) {
    png_set_packing(png);
    if (header->color_type != PNG_COLOR_TYPE_GRAY) png_set_strip_16(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = png_get_rowbytes(png, info);
    if (stride == 0 || capacity / stride < header->height) png_error(png, "the picture does not fit the declared size");
    for (int pass = 0; pass < passes; pass++)
      for (size_t y = 0; y < header->height; y++) png_read_row(png, pixels + y * stride, 0);
  }
  png_destroy_read_struct(&png, &info, 0);
  return 0;
}
