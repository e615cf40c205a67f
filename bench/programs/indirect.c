// Calls through function pointers: an array of shapes with tables of methods, as a compiler of an
// object-oriented language emits it, and a chain of callbacks. call_indirect at every step.
#include "bench.h"

typedef struct Shape Shape;
typedef struct {
  int32_t (*area)(const Shape*);
  int32_t (*scale)(Shape*, int32_t);
  int (*inside)(const Shape*, int32_t, int32_t);
} Methods;

struct Shape {
  const Methods* methods;
  int32_t x, y, a, b;
};

static int32_t box_area(const Shape* s) { return s->a * s->b; }
static int32_t box_scale(Shape* s, int32_t by) { return s->a = (s->a + by) & 63, s->b; }
static int box_inside(const Shape* s, int32_t x, int32_t y) {
  return x >= s->x && x < s->x + s->a && y >= s->y && y < s->y + s->b;
}
static int32_t disc_area(const Shape* s) { return 3 * s->a * s->a; }
static int32_t disc_scale(Shape* s, int32_t by) { return s->a = (s->a ^ by) & 31; }
static int disc_inside(const Shape* s, int32_t x, int32_t y) {
  int32_t dx = x - s->x, dy = y - s->y;
  return dx * dx + dy * dy < s->a * s->a;
}
static int32_t line_area(const Shape* s) { return s->a; }
static int32_t line_scale(Shape* s, int32_t by) { return s->b = (s->b + by * 3) & 15; }
static int line_inside(const Shape* s, int32_t x, int32_t y) {
  return y - s->y == s->a * (x - s->x);
}

static const Methods kBox = {box_area, box_scale, box_inside};
static const Methods kDisc = {disc_area, disc_scale, disc_inside};
static const Methods kLine = {line_area, line_scale, line_inside};
static const Methods* const kKinds[] = {&kBox, &kDisc, &kLine};

typedef uint32_t (*Stage)(uint32_t);
static uint32_t stage_add(uint32_t v) { return v + 0x9e3779b9u; }
static uint32_t stage_rotate(uint32_t v) { return v << 7 | v >> 25; }
static uint32_t stage_xor(uint32_t v) { return v ^ v >> 15; }
static uint32_t stage_multiply(uint32_t v) { return v * 0x85ebca6bu; }

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 200);
  enum { kShapes = 999, kStages = 64 };
  static Shape shapes[kShapes];
  static Stage stages[kStages];
  static const Stage kAll[] = {stage_add, stage_rotate, stage_xor, stage_multiply};
  uint64_t seed = 31;
  for (int i = 0; i < kShapes; i++) {
    uint64_t bits = bench_random(&seed);
    shapes[i] =
        (Shape){kKinds[bits >> 33 & 1 ? 0 : (int)(bits >> 34) % 3], (int32_t)(bits & 63),
                (int32_t)(bits >> 6 & 63), (int32_t)(bits >> 12 & 31), (int32_t)(bits >> 17 & 31)};
  }
  for (int i = 0; i < kStages; i++) stages[i] = kAll[bench_random(&seed) >> 60 & 3];
  int64_t area = 0;
  uint32_t inside = 0, value = 1;
  for (long round = 0; round < rounds; round++) {
    for (int i = 0; i < kShapes; i++) {
      Shape* s = &shapes[i];
      area += s->methods->area(s);
      inside += (uint32_t)s->methods->inside(s, (int32_t)round & 63, i & 63);
      area -= s->methods->scale(s, (int32_t)round & 7);
    }
    for (int i = 0; i < 10 * kStages; i++) value = stages[i % kStages](value);
  }
  printf("area %lld, inside %u, value %08x\n", (long long)area, inside, value);
  return 0;
}
