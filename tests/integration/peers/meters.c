/* Independent Modbus TCP meters: libmodbus behind one poll loop, a port for each device.
 *
 * usage: meters DEVICES POINTS MODE TICK_MS
 *   MODE identify: POINTS uint32 (ABCD) from holding:0; value = reading * 4096 + point, where
 *     reading counts the requests to this device: no two answers are alike, later ones are higher.
 *   MODE walk: the first half of POINTS uint16 tenths from holding:0, the other half float32
 *     (ABCD) behind them; random walks rounded to 0.1, one step a tick.
 * Prints {"ports":[...]} once, then runs until SIGTERM. Prints {"ticks":N,"readings":N} at the
 * end, the readings of the device that was asked most.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES_MAX 64
#define CLIENTS_MAX 1024

static volatile sig_atomic_t stopping = 0;
static void on_term(int signal_number) { (void)signal_number; stopping = 1; }

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put32(uint16_t *registers, uint32_t value) {
  registers[0] = (uint16_t)(value >> 16);
  registers[1] = (uint16_t)value;
}

static void identify(uint16_t *registers, int points, uint32_t reading) {
  for (int p = 0; p < points; p++) put32(registers + 2 * p, reading * 4096u + (uint32_t)p);
}

static void walk(uint16_t *registers, double *values, int points) {
  for (int p = 0; p < points; p++) {
    values[p] += (rand() % 3 - 1) * 0.1;
    if (values[p] < 0.0) values[p] = 0.1;
    double tenths = round(values[p] * 10.0);
    if (p < points / 2) {
      registers[p] = (uint16_t)tenths;
    } else {
      float value = (float)(tenths / 10.0);
      uint32_t bits;
      memcpy(&bits, &value, 4);
      put32(registers + points / 2 + 2 * (p - points / 2), bits);
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: meters DEVICES POINTS identify|walk TICK_MS\n");
    return 2;
  }
  int devices = atoi(argv[1]), points = atoi(argv[2]), tick_ms = atoi(argv[4]);
  int is_walk = strcmp(argv[3], "walk") == 0;
  if (devices < 1 || devices > DEVICES_MAX || points < 1 || points > 4096) return 2;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_term;
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  srand(7);

  modbus_t *context[DEVICES_MAX];
  modbus_mapping_t *mapping[DEVICES_MAX];
  double *values[DEVICES_MAX];
  struct pollfd fds[DEVICES_MAX + CLIENTS_MAX];
  int device_of[DEVICES_MAX + CLIENTS_MAX];
  int count = devices;
  printf("{\"ports\":[");
  for (int d = 0; d < devices; d++) {
    context[d] = modbus_new_tcp("127.0.0.1", 0);
    mapping[d] = modbus_mapping_new(0, 0, 2 * points, 0);
    values[d] = malloc(sizeof(double) * (size_t)points);
    for (int p = 0; p < points; p++) values[d][p] = 20.0 + (rand() % 4000) / 10.0;
    int listener = modbus_tcp_listen(context[d], 32);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%s%d", d ? "," : "", ntohs(address.sin_port));
    fds[d].fd = listener;
    fds[d].events = POLLIN;
    device_of[d] = d;
  }
  printf("]}\n");
  fflush(stdout);

  uint32_t tick = 0, readings[DEVICES_MAX] = {0}, readings_max = 0;
  int64_t next_ms = now_ms();
  while (!stopping) {
    int64_t wait_ms = next_ms - now_ms();
    if (wait_ms <= 0) {
      tick++;
      for (int d = 0; d < devices; d++) {
        if (is_walk) walk(mapping[d]->tab_registers, values[d], points);
      }
      next_ms += tick_ms;
      continue;
    }
    if (poll(fds, (nfds_t)count, (int)wait_ms) <= 0) continue;
    for (int i = 0; i < count; i++) {
      if (!(fds[i].revents & (POLLIN | POLLHUP | POLLERR))) continue;
      int d = device_of[i];
      if (i < devices) {
        int client = accept(fds[i].fd, NULL, NULL);
        if (client < 0) continue;
        if (count == DEVICES_MAX + CLIENTS_MAX) { close(client); continue; }
        int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fds[count].fd = client;
        fds[count].events = POLLIN;
        fds[count].revents = 0;
        device_of[count++] = d;
        continue;
      }
      uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
      modbus_set_socket(context[d], fds[i].fd);
      int length = modbus_receive(context[d], query);
      if (length > 0) {
        if (!is_walk) identify(mapping[d]->tab_registers, points, ++readings[d]);
        modbus_reply(context[d], query, length, mapping[d]);
      } else if (length == -1) {
        close(fds[i].fd);
        count--;
        fds[i] = fds[count];
        device_of[i] = device_of[count];
        i--;
      }
    }
  }
  for (int d = 0; d < devices; d++) if (readings[d] > readings_max) readings_max = readings[d];
  printf("{\"ticks\":%u,\"readings\":%u}\n", tick, readings_max);
  return 0;
}
