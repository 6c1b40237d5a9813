/* A SCADA system made of libmodbus: reads twenty registers at a time, writes setpoints, tells all.
 *
 * usage: scada PORT SECONDS PERIOD_MS WRITE_EVERY
 * Prints one JSON object at the end: how often it read, what went wrong, each tick it saw with the
 * first value beside it, and each write that was acknowledged: register 100 (shared with others),
 * 101-102 (its own, at once), 110 (of which the gateway changes bit 15).
 */
#include <errno.h>
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COUNT 20
#define TOLD_MAX 200000
#define FIRST_VALUE 20000

static uint32_t ticks[TOLD_MAX][2];
static int writes[TOLD_MAX][2];
static int tick_count = 0, write_count = 0, fault_count = 0, read_count = 0, connect_count = 0;
static char last_fault[128] = "";

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fault(const char *what) {
  fault_count++;
  snprintf(last_fault, sizeof last_fault, "%s: %s", what, modbus_strerror(errno));
}

static void read_all(modbus_t *context) {
  uint16_t words[COUNT];
  read_count++;
  if (modbus_read_registers(context, 0, COUNT, words) != COUNT) {
    fault("read");
    return;
  }
  uint32_t tick = (uint32_t)words[0] << 16 | words[1];
  for (uint32_t i = 0; i < COUNT - 2; i++) {
    if (words[2 + i] == (uint16_t)(tick * 7u + i * 131u)) continue;
    fault_count++;
    snprintf(last_fault, sizeof last_fault, "register %u does not fit tick %u", 2 + i, tick);
    return;
  }
  if (tick_count == TOLD_MAX) return;
  ticks[tick_count][0] = tick;
  ticks[tick_count++][1] = words[2];
}

static void note(int result, int from, int value) {
  if (result < 0) {
    fault("write");
  } else if (write_count < TOLD_MAX) {
    writes[write_count][0] = from;
    writes[write_count++][1] = value;
  }
}

static void write_all(modbus_t *context, int number) {
  uint16_t value = (uint16_t)(FIRST_VALUE + number);
  uint16_t pair[2] = {value, value};
  note(modbus_write_register(context, 100, value), 100, value);
  note(modbus_write_registers(context, 101, 2, pair), 101, value);
  note(modbus_write_register(context, 110, number), 110, number);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  modbus_t *context = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
  modbus_set_slave(context, 1);
  modbus_set_response_timeout(context, 10, 0);
  double end = now_s() + atoi(argv[2]);
  int period_ms = atoi(argv[3]), write_every = atoi(argv[4]), is_open = 0;
  for (int turn = 0; now_s() < end; turn++) {
    if (!is_open) {
      connect_count++;
      is_open = modbus_connect(context) == 0;
      if (!is_open) fault("refused");
    }
    int faults_before = fault_count;
    if (is_open) read_all(context);
    if (is_open && turn % write_every == 0) write_all(context, turn / write_every);
    if (is_open && fault_count > faults_before && errno < MODBUS_ENOBASE) {
      modbus_close(context);
      is_open = 0;
    }
    usleep((useconds_t)period_ms * 1000);
  }
  modbus_close(context);
  printf("{\"reads\":%d,\"connects\":%d,\"faults\":[", read_count, connect_count);
  for (int i = 0; i < fault_count; i++) printf("%s\"%s\"", i ? "," : "", last_fault);
  printf("],\"ticks\":[");
  for (int i = 0; i < tick_count; i++) {
    printf("%s[%u,%u]", i ? "," : "", ticks[i][0], ticks[i][1]);
  }
  printf("],\"writes\":[");
  for (int i = 0; i < write_count; i++) {
    printf("%s[%d,%d]", i ? "," : "", writes[i][0], writes[i][1]);
  }
  printf("]}\n");
  return 0;
}
