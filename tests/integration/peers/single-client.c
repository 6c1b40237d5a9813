/* An independent Modbus TCP device that takes one client: libmodbus, which does not listen while
 * somebody is connected, so that a second one is refused by the system.
 *
 * usage: single-client TICK_MS
 *   holding:0-1 is a tick (uint32, ABCD), holding:2+i is (tick * 7 + i * 131) mod 65536 for i < 18:
 *   what is read at once fits together. holding:100-119 are written by clients.
 * Prints {"port":N} once, {"client":N} for the Nth client it takes, and
 * {"code":C,"from":A,"values":[...]} for each write, in order, until SIGTERM.
 */
#include <arpa/inet.h>
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

#define REGISTERS 128
#define VALUES 18
#define HEADER 7

static volatile sig_atomic_t stopping = 0;
static void on_term(int signal_number) { (void)signal_number; stopping = 1; }

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void measure(uint16_t *registers, uint32_t tick) {
  registers[0] = (uint16_t)(tick >> 16);
  registers[1] = (uint16_t)tick;
  for (uint32_t i = 0; i < VALUES; i++) registers[2 + i] = (uint16_t)(tick * 7u + i * 131u);
}

static void tell_write(const uint8_t *query) {
  int code = query[HEADER], from = query[HEADER + 1] << 8 | query[HEADER + 2];
  if (code != 6 && code != 16) return;
  int count = code == 6 ? 1 : query[HEADER + 3] << 8 | query[HEADER + 4];
  const uint8_t *values = query + HEADER + (code == 6 ? 3 : 6);
  printf("{\"code\":%d,\"from\":%d,\"values\":[", code, from);
  for (int i = 0; i < count; i++) {
    printf("%s%d", i ? "," : "", values[2 * i] << 8 | values[2 * i + 1]);
  }
  printf("]}\n");
  fflush(stdout);
}

static int wait_for(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  while (!stopping) {
    if (poll(&one, 1, 200) > 0) return 1;
  }
  return 0;
}

/* Serves one client until it leaves. */
static void serve(modbus_t *context, modbus_mapping_t *mapping, int tick_ms) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  while (wait_for(modbus_get_socket(context))) {
    int length = modbus_receive(context, query);
    if (length < 0) return;
    if (length == 0) continue;
    measure(mapping->tab_registers, (uint32_t)(now_ms() / tick_ms));
    tell_write(query);
    modbus_reply(context, query, length, mapping);
  }
}

int main(int argc, char **argv) {
  int tick_ms = argc == 2 ? atoi(argv[1]) : 0;
  if (tick_ms < 1) {
    fprintf(stderr, "usage: single-client TICK_MS\n");
    return 2;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_term;
  sigaction(SIGTERM, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  modbus_mapping_t *mapping = modbus_mapping_new(0, 0, REGISTERS, 0);
  modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
  int port = 0, clients = 0;
  while (!stopping) {
    int listener = modbus_tcp_listen(context, 1);
    if (listener < 0) {
      usleep(20000);
      continue;
    }
    if (port == 0) {
      struct sockaddr_in address;
      socklen_t length = sizeof address;
      getsockname(listener, (struct sockaddr *)&address, &length);
      port = ntohs(address.sin_port);
      printf("{\"port\":%d}\n", port);
      fflush(stdout);
      modbus_free(context);
      context = modbus_new_tcp("127.0.0.1", port);
    }
    int client = wait_for(listener) ? modbus_tcp_accept(context, &listener) : -1;
    close(listener);
    if (client < 0) continue;
    printf("{\"client\":%d}\n", ++clients);
    fflush(stdout);
    int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    serve(context, mapping, tick_ms);
    modbus_close(context);
  }
  return 0;
}
