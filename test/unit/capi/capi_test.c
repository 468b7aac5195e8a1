/* The C interface as a C program uses it: build, save, open, run, and every kind of mistake. Runs in the root of the repository. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burnish/c.h"

static int failures = 0;

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                              \
    }                                                                          \
  } while (0)

static void expect_ok(burnish_error* error, int line) {
  if (error != NULL) {
    fprintf(stderr, "%s:%d: %s\n", __FILE__, line, burnish_error_message(error));
    burnish_error_destroy(error);
    exit(1);
  }
}

/* The error says `part`, and is destroyed. */
static void expect_error(burnish_error* error, int code, const char* part, int line) {
  if (error == NULL || burnish_error_code(error) != code || strstr(burnish_error_message(error), part) == NULL) {
    fprintf(stderr, "%s:%d: expected error %d with `%s`, got %d `%s`\n", __FILE__, line, code, part, burnish_error_code(error),
            burnish_error_message(error));
    ++failures;
  }
  burnish_error_destroy(error);
}

#define OK(call) expect_ok((call), __LINE__)
#define FAILS(call, code, part) expect_error((call), (code), (part), __LINE__)

static const char* model = "examples/digits/digits.onnx";

static burnish_engine* build(void) {
  const int64_t dims[4] = {2, 1, 8, 8};
  burnish_build_options* options = NULL;
  burnish_engine* engine = NULL;
  OK(burnish_build_options_create(&options));
  OK(burnish_build_options_set_shape(options, "input", dims, 4));
  OK(burnish_build_options_set_threads(options, 1));
  OK(burnish_build_options_set_level(options, 0));
  FAILS(burnish_build_options_set_level(options, 9), BURNISH_INVALID_ARGUMENT, "0 to 5");
  OK(burnish_build_options_set_min_cosine(options, 0.9995));
  FAILS(burnish_build_options_set_min_cosine(options, 1.5), BURNISH_INVALID_ARGUMENT, "0 to 1");
  FAILS(burnish_build_options_permit(options, BURNISH_I8), BURNISH_INVALID_ARGUMENT, "BURNISH_BF16");
  OK(burnish_build_from_file(model, options, &engine));
  burnish_build_options_destroy(options);
  return engine;
}

static void check_infos(const burnish_engine* engine) {
  burnish_tensor_info info;
  CHECK(burnish_engine_input_count(engine) == 1);
  CHECK(burnish_engine_output_count(engine) >= 1);
  OK(burnish_engine_input(engine, 0, &info));
  CHECK(strcmp(info.name, "input") == 0);
  CHECK(info.dtype == BURNISH_F32);
  CHECK(info.rank == 4 && info.dims[0] == 2 && info.dims[3] == 8);
  CHECK(info.bytes == 2 * 64 * sizeof(float));
  FAILS(burnish_engine_input(engine, 1, &info), BURNISH_INVALID_ARGUMENT, "there is no input 1");
  CHECK(burnish_engine_threads(engine) == 1);
  CHECK(strlen(burnish_engine_report(engine)) > 0);
}

/* Runs on a picture of zeros and one of ones; each row of probabilities must sum to 1. */
static void run(const burnish_engine* engine, float* probabilities) {
  float pictures[2][64] = {{0}};
  burnish_session* session = NULL;
  burnish_tensor_info info;
  int row, column;
  for (column = 0; column < 64; ++column) pictures[1][column] = 1;
  OK(burnish_session_create(engine, &session));
  FAILS(burnish_session_run(session), BURNISH_INVALID_ARGUMENT, "not bound");
  FAILS(burnish_session_bind_input(session, 0, pictures, 3), BURNISH_INVALID_ARGUMENT, "takes 512 bytes");
  FAILS(burnish_session_bind_input(session, 0, NULL, sizeof pictures), BURNISH_INVALID_ARGUMENT, "NULL");
  OK(burnish_session_bind_input(session, 0, pictures, sizeof pictures));
  OK(burnish_engine_output(engine, 0, &info));
  CHECK(info.bytes == 20 * sizeof(float));
  OK(burnish_session_bind_output(session, 0, probabilities, info.bytes));
  OK(burnish_session_run(session));
  for (row = 0; row < 2; ++row) {
    float sum = 0;
    for (column = 0; column < 10; ++column) sum += probabilities[row * 10 + column];
    CHECK(fabsf(sum - 1) < 1e-5F);
  }
  burnish_session_destroy(session);
}

static void check_mistakes(void) {
  burnish_engine* engine = NULL;
  FAILS(burnish_build_from_file("no such file", NULL, &engine), BURNISH_INVALID_ARGUMENT, "no such file");
  FAILS(burnish_build_from_file(NULL, NULL, &engine), BURNISH_INVALID_ARGUMENT, "NULL");
  FAILS(burnish_build_from_memory("junk", 4, NULL, NULL, &engine), BURNISH_INVALID_ARGUMENT, "not an ONNX model");
  FAILS(burnish_engine_open_memory("junk", 4, 0, &engine), BURNISH_INVALID_ARGUMENT, "");
  FAILS(burnish_session_run(NULL), BURNISH_INVALID_ARGUMENT, "NULL");
  CHECK(engine == NULL);
  CHECK(burnish_error_code(NULL) == 0);
  burnish_error_destroy(NULL);
  burnish_engine_destroy(NULL);
  burnish_session_destroy(NULL);
}

int main(void) {
  const char* path = "build/capi_test.engine";
  float built[20], opened[20];
  burnish_engine* engine;
  burnish_engine* again = NULL;
  CHECK(burnish_c_api_version() >= BURNISH_C_API_VERSION);
  CHECK(strlen(burnish_version()) > 0);
  engine = build();
  check_infos(engine);
  run(engine, built);
  OK(burnish_engine_save(engine, path));
  burnish_engine_destroy(engine);
  OK(burnish_engine_open(path, 0, &again));
  run(again, opened);
  CHECK(memcmp(built, opened, sizeof built) == 0);
  burnish_engine_destroy(again);
  remove(path);
  check_mistakes();
  printf("%s\n", failures == 0 ? "ok" : "FAILED");
  return failures == 0 ? 0 : 1;
}
