// A hash map with open addressing and a chained map of strings: inserts, hits, misses, removals,
// growth. Multiplications, masks, unpredictable loads, malloc and free.
#include "bench.h"

typedef struct {
  uint64_t key, value;
} Slot;

typedef struct {
  Slot* slots;
  size_t capacity, count;
} Map;

static size_t home(const Map* map, uint64_t key) {
  return (size_t)(key * 0x9E3779B97F4A7C15ULL >> 32) & (map->capacity - 1);
}

static void map_init(Map* map, size_t capacity) {
  *map = (Map){calloc(capacity, sizeof(Slot)), capacity, 0};
}

static void map_put(Map* map, uint64_t key, uint64_t value);

static void map_grow(Map* map) {
  Map bigger;
  map_init(&bigger, map->capacity * 2);
  for (size_t i = 0; i < map->capacity; i++) {
    if (map->slots[i].key) map_put(&bigger, map->slots[i].key, map->slots[i].value);
  }
  free(map->slots);
  *map = bigger;
}

static BENCH_NOINLINE void map_put(Map* map, uint64_t key, uint64_t value) {
  if (map->count * 4 >= map->capacity * 3) map_grow(map);
  size_t i = home(map, key);
  while (map->slots[i].key && map->slots[i].key != key) i = (i + 1) & (map->capacity - 1);
  map->count += map->slots[i].key == 0;
  map->slots[i] = (Slot){key, value};
}

static BENCH_NOINLINE Slot* map_find(const Map* map, uint64_t key) {
  for (size_t i = home(map, key); map->slots[i].key; i = (i + 1) & (map->capacity - 1)) {
    if (map->slots[i].key == key) return &map->slots[i];
  }
  return NULL;
}

// Removal by shifting back, so that no tombstones are left.
static BENCH_NOINLINE int map_remove(Map* map, uint64_t key) {
  Slot* slot = map_find(map, key);
  if (!slot) return 0;
  size_t mask = map->capacity - 1, hole = (size_t)(slot - map->slots);
  for (size_t i = (hole + 1) & mask; map->slots[i].key; i = (i + 1) & mask) {
    size_t distance = (i - home(map, map->slots[i].key)) & mask;
    if (distance >= ((i - hole) & mask)) {
      map->slots[hole] = map->slots[i];
      hole = i;
    }
  }
  map->slots[hole].key = 0;
  map->count--;
  return 1;
}

typedef struct Entry {
  struct Entry* next;
  uint32_t count, hash;
  char name[];
} Entry;

static Entry* buckets[4096];

static BENCH_NOINLINE uint32_t count_name(const char* name) {
  size_t size = strlen(name);
  uint32_t hash = (uint32_t)bench_hash(name, size);
  Entry** link = &buckets[hash % 4096];
  for (Entry* e = *link; e; e = e->next) {
    if (e->hash == hash && strcmp(e->name, name) == 0) return ++e->count;
  }
  Entry* fresh = malloc(sizeof(Entry) + size + 1);
  fresh->next = *link;
  fresh->count = 1;
  fresh->hash = hash;
  memcpy(fresh->name, name, size + 1);
  *link = fresh;
  return 1;
}

int main(int argc, char** argv) {
  long count = bench_size(argc, argv, 20000);
  uint64_t seed = 1, sum = 0, removed = 0;
  Map map;
  map_init(&map, 16);
  for (long i = 0; i < count; i++)
    map_put(&map, bench_random(&seed) % (uint64_t)(count * 2) + 1, (uint64_t)i);
  for (long i = 1; i <= count * 2; i++) {
    const Slot* slot = map_find(&map, (uint64_t)i);
    if (slot) sum += slot->value;
  }
  for (long i = 1; i <= count * 2; i += 3) removed += (uint64_t)map_remove(&map, (uint64_t)i);
  for (long i = 1; i <= count * 2; i++) sum += map_find(&map, (uint64_t)i) != NULL;
  uint32_t most = 0;
  for (long i = 0; i < count; i++) {
    uint64_t bits = bench_random(&seed);
    char name[16] = "key-";
    int length = 4;
    for (unsigned rest = bits & 8191 & (unsigned)(bits >> 20); rest; rest /= 10)
      name[length++] = (char)('0' + rest % 10);
    uint32_t times = count_name(name);
    if (times > most) most = times;
  }
  for (int i = 0; i < 4096; i++) {
    for (Entry *e = buckets[i], *next; e; e = next) {
      next = e->next;
      free(e);
    }
  }
  printf("%zu left, %llu removed, sum %llu, most %u\n", map.count, (unsigned long long)removed,
         (unsigned long long)sum, most);
  return 0;
}
