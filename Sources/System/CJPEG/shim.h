#pragma once
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

// libjpeg reports errors by a callback that must not return. Swift cannot be jumped over, so the whole
// decoding lives in one C function that always returns normally.

typedef struct {
  int width, height;
  int components;  // 1 gray, 3 RGB, 4 CMYK as stored (Adobe files store it inverted)
  long coefficient_bytes;  // memory for the coefficients of the whole picture, where it comes in several scans
} clipscope_jpeg_header;

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  int ran_out;  // the data ended before the picture did
  char *message;
} clipscope_jpeg_errors;

static void clipscope_jpeg_fail(j_common_ptr info) {
  clipscope_jpeg_errors *errors = (clipscope_jpeg_errors *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  strncpy(errors->message, text, JMSG_LENGTH_MAX - 1);
  errors->message[JMSG_LENGTH_MAX - 1] = 0;
  longjmp(errors->escape, 1);
}

static void clipscope_jpeg_note(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF) ((clipscope_jpeg_errors *)info->err)->ran_out = 1;
}

enum { clipscope_jpeg_message_capacity = JMSG_LENGTH_MAX };

// Encoders write a dozen scans; each one costs a pass over the whole picture, and a small file can hold thousands. So the passes are
// limited for small pictures, and for large ones the pixels that they touch together.
enum { clipscope_jpeg_scan_limit = 200 };
static const double clipscope_jpeg_pass_limit = 4e9;

static void clipscope_jpeg_watch(j_common_ptr common) {
  j_decompress_ptr info = (j_decompress_ptr)common;
  double touched = (double)info->image_width * (double)info->image_height * (double)info->input_scan_number;
  if (info->input_scan_number <= clipscope_jpeg_scan_limit && touched <= clipscope_jpeg_pass_limit) return;
  clipscope_jpeg_errors *errors = (clipscope_jpeg_errors *)info->err;
  strcpy(errors->message, "it has too many scans");
  longjmp(errors->escape, 1);
}

// Reads the header, and the pixels too when `pixels` is not null (`capacity` >= width * height * components).
// Returns 0, or 1 with a sentence in `message` (at least clipscope_jpeg_message_capacity bytes), or 2 when the data is incomplete.
static inline int clipscope_jpeg_read(
    const unsigned char *data, size_t size, clipscope_jpeg_header *header, unsigned char *pixels, size_t capacity,
    char *message) {
  struct jpeg_decompress_struct info;
  clipscope_jpeg_errors errors;
  memset(&info, 0, sizeof info);
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = clipscope_jpeg_fail;
  errors.base.emit_message = clipscope_jpeg_note;
  errors.ran_out = 0;
  errors.message = message;
  message[0] = 0;
  if (setjmp(errors.escape)) {
    int incomplete = errors.ran_out;
    jpeg_destroy_decompress(&info);
    return incomplete ? 2 : 1;
  }
  jpeg_create_decompress(&info);
  struct jpeg_progress_mgr progress;
  memset(&progress, 0, sizeof progress);
  progress.progress_monitor = clipscope_jpeg_watch;
  info.progress = &progress;
  jpeg_mem_src(&info, data, size);
  jpeg_read_header(&info, TRUE);
  if (info.num_components == 1) info.out_color_space = JCS_GRAYSCALE;
  else if (info.num_components == 3) info.out_color_space = JCS_RGB;
  else if (info.num_components == 4) info.out_color_space = JCS_CMYK;
  else {
    strcpy(message, "the number of components is not 1, 3 or 4");
    jpeg_destroy_decompress(&info);
    return 1;
  }
  header->width = (int)info.image_width;
  header->height = (int)info.image_height;
  header->components = info.num_components;
  header->coefficient_bytes = 0;
  if (jpeg_has_multiple_scans(&info))
    for (int c = 0; c < info.num_components; c++)
      header->coefficient_bytes +=
          (long)info.comp_info[c].width_in_blocks * (long)info.comp_info[c].height_in_blocks * (long)sizeof(JBLOCK);
  if (pixels == 0) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_start_decompress(&info);
  size_t stride = (size_t)info.output_width * (size_t)info.output_components;
  if (info.output_components != header->components || capacity / stride < info.output_height) {
    strcpy(message, "the picture does not fit the declared size");
    jpeg_destroy_decompress(&info);
    return 1;
  }
  while (info.output_scanline < info.output_height && !errors.ran_out) {
    JSAMPROW row = pixels + (size_t)info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  int incomplete = errors.ran_out;
  jpeg_destroy_decompress(&info);
  return incomplete ? 2 : 0;
}
