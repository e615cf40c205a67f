// What small processors are rated by: a linked list that is searched, reversed and merge-sorted,
// products of small integer matrices, a state machine over number texts, and a CRC over all
// results.
#include "bench.h"

static uint16_t crc16(uint16_t crc, uint32_t value) {
  for (int byte = 0; byte < 4; byte++) {
    crc ^= (uint16_t)((value >> (8 * byte) & 0xff) << 8);
    for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
  }
  return crc;
}

typedef struct Item {
  struct Item* next;
  int16_t value, index;
} Item;

static int by_value(const Item* a, const Item* b) { return a->value - b->value; }
static int by_index(const Item* a, const Item* b) { return a->index - b->index; }

static BENCH_NOINLINE Item* merge_sort(Item* list, int (*compare)(const Item*, const Item*)) {
  for (int run = 1;; run *= 2) {
    Item *rest = list, *tail = NULL;
    int merges = 0;
    list = NULL;
    while (rest) {
      merges++;
      Item *left = rest, *right = rest;
      int left_count = 0, right_count = run;
      while (right && left_count < run) right = right->next, left_count++;
      while (left_count > 0 || (right_count > 0 && right)) {
        Item* smallest;
        if (left_count > 0 && (right_count == 0 || !right || compare(left, right) <= 0)) {
          smallest = left, left = left->next, left_count--;
        } else {
          smallest = right, right = right->next, right_count--;
        }
        if (tail) tail->next = smallest;
        else list = smallest;
        tail = smallest;
      }
      rest = right;
    }
    tail->next = NULL;
    if (merges <= 1) return list;
  }
}

static BENCH_NOINLINE Item* reverse(Item* list) {
  Item* done = NULL;
  while (list) {
    Item* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static uint16_t work_on_list(uint16_t crc, int seed) {
  enum { kItems = 200 };
  static Item items[kItems];
  for (int i = 0; i < kItems; i++) {
    items[i] = (Item){i + 1 < kItems ? &items[i + 1] : NULL, (int16_t)((i * 7919 + seed) & 0x3ff),
                      (int16_t)i};
  }
  Item* list = items;
  for (int wanted = 0; wanted < 16; wanted++) {
    list = reverse(list);
    int position = 0;
    for (const Item* i = list; i && i->value != wanted * 37; i = i->next) position++;
    crc = crc16(crc, (uint32_t)position);
  }
  list = merge_sort(list, by_value);
  for (const Item* i = list; i; i = i->next) crc = (uint16_t)(crc * 31 + i->value);
  list = merge_sort(list, by_index);
  return crc16(crc, (uint32_t)list->value);
}

static uint16_t work_on_matrices(uint16_t crc, int seed) {
  enum { kSize = 12 };
  static int16_t a[kSize][kSize], b[kSize][kSize];
  static int32_t c[kSize][kSize];
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < kSize; j++) {
      a[i][j] = (int16_t)(i * seed + j);
      b[i][j] = (int16_t)((i ^ j) + (seed & 15));
    }
  }
  for (int i = 0; i < kSize; i++) {
    for (int j = 0; j < kSize; j++) {
      int32_t sum = 0;
      for (int k = 0; k < kSize; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
      crc = (uint16_t)(crc + (sum >> 3 & 0x7f) * (sum & 15));
    }
  }
  return crc16(crc, (uint32_t)c[kSize - 1][3]);
}

typedef enum {
  kBegin,
  kSign,
  kWhole,
  kPoint,
  kExponent,
  kExponentSign,
  kExponentDigits,
  kInvalid,
  kStates
} State;

static BENCH_NOINLINE State classify(const char** at, uint32_t* visits) {
  State state = kBegin;
  const char* p = *at;
  for (; *p && *p != ','; p++) {
    int digit = *p >= '0' && *p <= '9', sign = *p == '+' || *p == '-';
    switch (state) {
      case kBegin: state = digit ? kWhole : sign ? kSign : *p == '.' ? kPoint : kInvalid; break;
      case kSign: state = digit ? kWhole : *p == '.' ? kPoint : kInvalid; break;
      case kWhole:
        state = digit ? kWhole : *p == '.' ? kPoint : *p == 'e' ? kExponent : kInvalid;
        break;
      case kPoint: state = digit ? kPoint : *p == 'e' ? kExponent : kInvalid; break;
      case kExponent: state = digit ? kExponentDigits : sign ? kExponentSign : kInvalid; break;
      case kExponentSign: state = digit ? kExponentDigits : kInvalid; break;
      case kExponentDigits: state = digit ? kExponentDigits : kInvalid; break;
      case kInvalid:
      case kStates: break;
    }
    visits[state]++;
  }
  *at = *p ? p + 1 : p;
  return state;
}

static uint16_t work_on_text(uint16_t crc, int seed) {
  static char text[] =
      "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,T0.3e-1F,1T3.4e4z,"
      "34.0e-T^";
  uint32_t visits[kStates] = {0}, finals[kStates] = {0};
  text[seed % (int)(sizeof text - 1)] ^= 1;
  for (const char* p = text; *p;) finals[classify(&p, visits)]++;
  text[seed % (int)(sizeof text - 1)] ^= 1;
  for (int i = 0; i < kStates; i++) crc = crc16(crc16(crc, visits[i]), finals[i]);
  return crc;
}

int main(int argc, char** argv) {
  long rounds = bench_size(argc, argv, 10);
  uint16_t crc = 0xffff;
  for (long round = 0; round < rounds; round++) {
    crc = work_on_list(crc, (int)round);
    crc = work_on_matrices(crc, (int)round & 63);
    for (int i = 0; i < 4; i++) crc = work_on_text(crc, (int)round * 4 + i);
  }
  printf("%ld rounds, crc %04x\n", rounds, crc);
  return 0;
}
