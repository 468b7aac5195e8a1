/* The C interface: the one binary promise of Burnish. Opaque handles, plain structs, no exception ever leaves a function.
 * A function that can fail returns an error object, or NULL on success; the caller reads and destroys it. No global state: errors belong
 * to their call, and handles may be used from any thread unless a comment says otherwise. Strings are UTF-8 and end with a zero.
 * Functions are only ever added; BURNISH_C_API_VERSION counts additions. */
#ifndef BURNISH_C_H
#define BURNISH_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BURNISH_C_API_VERSION 1

#if defined(__GNUC__)
#define BURNISH_NODISCARD __attribute__((warn_unused_result))
#else
#define BURNISH_NODISCARD
#endif

/* The version of this interface that the library at hand has; at least what the header had where the program was compiled. */
uint32_t burnish_c_api_version(void);
/* "0.1.0" */
const char* burnish_version(void);

/* --- Errors --- */

typedef struct burnish_error burnish_error;

enum {
  BURNISH_INVALID_ARGUMENT = 1,
  BURNISH_OUT_OF_RANGE = 2,
  BURNISH_UNSUPPORTED = 3,
  BURNISH_RESOURCE_EXHAUSTED = 4,
  BURNISH_INTERNAL = 5
};

/* What is wrong and what to do, with every context. Valid until the error is destroyed. */
const char* burnish_error_message(const burnish_error* error);
/* One of the codes above; 0 for NULL. */
int burnish_error_code(const burnish_error* error);
void burnish_error_destroy(burnish_error* error);

/* --- Tensors --- */

/* Never renumbered. */
typedef enum burnish_dtype {
  BURNISH_F32 = 0,
  BURNISH_F64 = 1,
  BURNISH_F16 = 2,
  BURNISH_BF16 = 3,
  BURNISH_F8E4M3FN = 4,
  BURNISH_F8E4M3FNUZ = 5,
  BURNISH_F8E5M2 = 6,
  BURNISH_F8E5M2FNUZ = 7,
  BURNISH_F8E8M0 = 8,
  BURNISH_F4E2M1 = 9,
  BURNISH_I8 = 10,
  BURNISH_I16 = 11,
  BURNISH_I32 = 12,
  BURNISH_I64 = 13,
  BURNISH_U8 = 14,
  BURNISH_U16 = 15,
  BURNISH_U32 = 16,
  BURNISH_U64 = 17,
  BURNISH_I4 = 18,
  BURNISH_U4 = 19,
  BURNISH_I2 = 20,
  BURNISH_U2 = 21,
  BURNISH_BOOLEAN = 22,
  BURNISH_STRING = 23,
  BURNISH_C64 = 24,
  BURNISH_C128 = 25
} burnish_dtype;

/* An input or output. Everything it points to lives as long as the engine. */
typedef struct burnish_tensor_info {
  const char* name;
  burnish_dtype dtype;
  size_t rank;
  const int64_t* dims; /* -1 where the size is open */
  const char* format;  /* "f32:0123": storage type and order of axes, outermost first */
  size_t bytes;        /* what a bound buffer holds; 0 where a size is open */
} burnish_tensor_info;

/* --- Building --- */

typedef struct burnish_build_options burnish_build_options;
typedef struct burnish_engine burnish_engine;

/* 0 error, 1 warning, 2 information, 3 details. May be called from several threads at once. */
typedef void (*burnish_logger)(void* user, int severity, const char* message);

BURNISH_NODISCARD burnish_error* burnish_build_options_create(burnish_build_options** options);
void burnish_build_options_destroy(burnish_build_options* options);
/* The size of a dynamic input. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_shape(burnish_build_options* options, const char* input, const int64_t* dims,
                                                                 size_t rank);
/* The sizes between which a dynamic input may lie, and those to tune for. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_shape_range(burnish_build_options* options, const char* input,
                                                                       const int64_t* min, const int64_t* opt, const int64_t* max,
                                                                       size_t rank);
/* "cpu", "ref" */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_backend(burnish_build_options* options, const char* backend);
/* 0: all cores. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_threads(burnish_build_options* options, int threads);
/* Allows BURNISH_F16 or BURNISH_BF16 as storage. */
BURNISH_NODISCARD burnish_error* burnish_build_options_permit(burnish_build_options* options, burnish_dtype storage);
/* How near permitted storage must keep the outputs to exact ones: their cosine on sample data. 0: not looked at. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_min_cosine(burnish_build_options* options, double cosine);
/* 0 (measure nothing) to 5. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_level(burnish_build_options* options, int level);
BURNISH_NODISCARD burnish_error* burnish_build_options_set_timing_cache(burnish_build_options* options, const char* path);
/* The text of a choices file, as burnish_engine_choices gives it. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_choices(burnish_build_options* options, const char* text);
/* NULL: silence. */
BURNISH_NODISCARD burnish_error* burnish_build_options_set_logger(burnish_build_options* options, burnish_logger logger, void* user);

/* `options` may be NULL. */
BURNISH_NODISCARD burnish_error* burnish_build_from_file(const char* model, const burnish_build_options* options, burnish_engine** engine);
/* External data is looked for in `folder`; NULL: the working directory. */
BURNISH_NODISCARD burnish_error* burnish_build_from_memory(const void* model, size_t bytes, const char* folder,
                                                           const burnish_build_options* options, burnish_engine** engine);

/* --- Engines: immutable, shared by threads and sessions --- */

/* `threads` 0: what it was built for. */
BURNISH_NODISCARD burnish_error* burnish_engine_open(const char* path, int threads, burnish_engine** engine);
/* The bytes are copied. */
BURNISH_NODISCARD burnish_error* burnish_engine_open_memory(const void* data, size_t bytes, int threads, burnish_engine** engine);
BURNISH_NODISCARD burnish_error* burnish_engine_save(const burnish_engine* engine, const char* path);
/* Sessions keep what they need of it. */
void burnish_engine_destroy(burnish_engine* engine);

size_t burnish_engine_input_count(const burnish_engine* engine);
size_t burnish_engine_output_count(const burnish_engine* engine);
BURNISH_NODISCARD burnish_error* burnish_engine_input(const burnish_engine* engine, size_t index, burnish_tensor_info* info);
BURNISH_NODISCARD burnish_error* burnish_engine_output(const burnish_engine* engine, size_t index, burnish_tensor_info* info);
int burnish_engine_threads(const burnish_engine* engine);
/* Bytes one session needs besides inputs and outputs. */
size_t burnish_engine_session_bytes(const burnish_engine* engine);
/* Valid as long as the engine. */
const char* burnish_engine_choices(const burnish_engine* engine);
const char* burnish_engine_report(const burnish_engine* engine); /* JSON */

/* --- Sessions: one caller each, not to be used by two threads at once --- */

typedef struct burnish_session burnish_session;

BURNISH_NODISCARD burnish_error* burnish_session_create(const burnish_engine* engine, burnish_session** session);
void burnish_session_destroy(burnish_session* session);
/* The sizes of an input from the next run on, where they are open. */
BURNISH_NODISCARD burnish_error* burnish_session_set_input_dims(burnish_session* session, size_t index, const int64_t* dims, size_t rank);
/* What an output will have for the sizes set. `known` is 0 where only running tells; else `dims` gets at most `capacity` of `rank` sizes. */
BURNISH_NODISCARD burnish_error* burnish_session_output_dims(burnish_session* session, size_t index, int* known, int64_t* dims,
                                                             size_t capacity, size_t* rank);
/* After a run, where sizes are open: an output that had no memory bound. Valid until the next run. */
BURNISH_NODISCARD burnish_error* burnish_session_output(burnish_session* session, size_t index, const void** data, const int64_t** dims,
                                                        size_t* rank);
/* `bytes` must be what burnish_tensor_info says, or what the sizes set make of it. The memory stays the caller's, and must stay valid while running. */
BURNISH_NODISCARD burnish_error* burnish_session_bind_input(burnish_session* session, size_t index, const void* data, size_t bytes);
BURNISH_NODISCARD burnish_error* burnish_session_bind_output(burnish_session* session, size_t index, void* data, size_t bytes);
/* Runs once; returns when the outputs are there. */
BURNISH_NODISCARD burnish_error* burnish_session_run(burnish_session* session);

#ifdef __cplusplus
}
#endif

#endif
