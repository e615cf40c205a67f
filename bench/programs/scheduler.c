// A simulated operating-system kernel: tasks with priorities pass packets to workers and devices
// through queues. Small functions through pointers, linked lists, state machines: how system code
// behaves.
#include "bench.h"

typedef struct Packet {
  struct Packet* next;
  int to, kind, value;
  uint8_t data[4];
} Packet;

typedef enum { kReady, kWaiting, kHeld } State;

typedef struct Task Task;
struct Task {
  Task* next;
  int id, priority;
  State state;
  Packet* queue;
  int (*run)(Task*, Packet*);  // returns 0 when the task wants to wait for a packet
  int counter, last;
  uint32_t random;
};

enum { kIdle, kWorker, kHandlerA, kHandlerB, kDeviceA, kDeviceB, kTasks };
enum { kWork = 100, kDevice = 101 };

static Task tasks[kTasks];
static Task* ready_list;
static long packets_sent, tasks_run, budget;

static void append(Packet** list, Packet* packet) {
  packet->next = NULL;
  while (*list) list = &(*list)->next;
  *list = packet;
}

static BENCH_NOINLINE void send(Packet* packet, int to, int from) {
  packets_sent++;
  Task* task = &tasks[to];
  packet->to = from;
  append(&task->queue, packet);
  if (task->state == kWaiting) task->state = kReady;
}

// A device holds still after each packet until somebody lets it go on, one of the two at random.
static void release_device(Task* self) {
  self->random = self->random & 1 ? (self->random >> 1) ^ 0xD008u : self->random >> 1;
  Task* device = &tasks[self->random & 1 ? kDeviceA : kDeviceB];
  if (device->state == kHeld) device->state = kReady;
}

static int run_idle(Task* self, Packet* packet) {
  (void)packet;
  release_device(self);
  self->counter++;
  return 1;
}

static int run_worker(Task* self, Packet* packet) {
  if (!packet) return 0;
  self->last = self->last == kHandlerA ? kHandlerB : kHandlerA;
  packet->value = 0;
  for (int i = 0; i < 4; i++) {
    self->counter = self->counter == 26 ? 1 : self->counter + 1;
    packet->data[i] = (uint8_t)('A' + self->counter - 1);
  }
  send(packet, self->last, self->id);
  release_device(self);
  return 0;
}

static int run_handler(Task* self, Packet* packet) {
  if (!packet) return 0;
  if (packet->kind == kWork) {
    uint8_t byte = packet->data[packet->value & 3];
    self->counter += byte;
    if (++packet->value < 4) {
      append(&self->queue, packet);
      return 1;
    }
    packet->value = byte;
    send(packet, kWorker, self->id);
  } else {
    packet->value = self->counter & 255;
    send(packet, self->id == kHandlerA ? kDeviceA : kDeviceB, self->id);
  }
  return self->queue != NULL;
}

static int run_device(Task* self, Packet* packet) {
  if (!packet) return 0;
  self->last = packet->value;
  self->counter++;
  send(packet, self->id == kDeviceA ? kHandlerA : kHandlerB, self->id);
  self->state = kHeld;
  return 1;
}

static BENCH_NOINLINE void schedule(void) {
  while (budget > 0) {
    for (Task* task = ready_list; task && budget > 0;) {
      if (task->state != kReady) {
        task = task->next;
        continue;
      }
      Packet* packet = task->queue;
      if (packet) task->queue = packet->next;
      tasks_run++;
      budget--;
      if (!task->run(task, packet) && !task->queue) task->state = kWaiting;
      // The highest priority that can run goes next.
      task = task->state == kReady && task->queue ? task
             : ready_list == task                 ? task->next
                                                  : ready_list;
    }
  }
}

static void add(int id, int priority, int (*run)(Task*, Packet*), int packets, int kind) {
  Task* task = &tasks[id];
  *task = (Task){NULL, id, priority, kReady, NULL, run, 1, 0, 1};
  for (int i = 0; i < packets; i++) {
    Packet* packet = calloc(1, sizeof *packet);
    packet->kind = kind;
    packet->to = id;
    append(&task->queue, packet);
  }
  Task** link = &ready_list;
  while (*link && (*link)->priority >= priority) link = &(*link)->next;
  task->next = *link;
  *link = task;
}

int main(int argc, char** argv) {
  budget = bench_size(argc, argv, 10) * 1000;
  add(kIdle, 0, run_idle, 0, 0);
  add(kWorker, 1000, run_worker, 2, kWork);
  add(kHandlerA, 2000, run_handler, 3, kDevice);
  add(kHandlerB, 3000, run_handler, 3, kDevice);
  add(kDeviceA, 4000, run_device, 0, 0);
  add(kDeviceB, 5000, run_device, 0, 0);
  schedule();
  printf("%ld runs, %ld packets, %d %d %d %d\n", tasks_run, packets_sent, tasks[kHandlerA].counter,
         tasks[kHandlerB].counter, tasks[kDeviceA].counter, tasks[kIdle].counter);
  return 0;
}
