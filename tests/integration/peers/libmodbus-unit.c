/* A Modbus unit for tests, spoken by libmodbus, over TCP (many clients) or RTU on a serial port.
 *
 * usage: libmodbus-unit tcp | libmodbus-unit PATH BAUD
 *   160 holding and input registers, told by their address: see field-values.ts, unit 1.
 * Prints {"port":N} once it serves (0 for a serial port), then runs until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REGISTERS 160
#define CLIENTS_MAX 512

static modbus_mapping_t *make_registers(void) {
  modbus_mapping_t *mapping = modbus_mapping_new(0, 0, REGISTERS, REGISTERS);
  for (int at = 0; at < REGISTERS; at++) {
    mapping->tab_registers[at] = (uint16_t)(4099 + at * 97 + 11);
    mapping->tab_input_registers[at] = (uint16_t)(4099 + 20011 + at * 97 + 11);
  }
  return mapping;
}

static int serve_serial(const char *path, int baud) {
  modbus_mapping_t *mapping = make_registers();
  modbus_t *context = modbus_new_rtu(path, baud, 'N', 8, 1);
  modbus_set_slave(context, 1);
  if (modbus_connect(context) == -1) return 1;
  printf("{\"port\":0}\n");
  fflush(stdout);
  for (;;) {
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    int length = modbus_receive(context, query);
    if (length > 0) modbus_reply(context, query, length, mapping);
    else if (length == -1 && errno == EIO) return 0;
  }
}

static int serve_tcp(void) {
  modbus_mapping_t *mapping = make_registers();
  modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
  int listener = modbus_tcp_listen(context, 64);
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  struct pollfd fds[CLIENTS_MAX] = {{.fd = listener, .events = POLLIN}};
  int count = 1;
  for (;;) {
    if (poll(fds, (nfds_t)count, -1) <= 0) continue;
    for (int i = count - 1; i > 0; i--) {
      if (!fds[i].revents) continue;
      uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
      modbus_set_socket(context, fds[i].fd);
      int length = modbus_receive(context, query);
      if (length > 0) modbus_reply(context, query, length, mapping);
      else if (length == -1) {
        close(fds[i].fd);
        fds[i] = fds[--count];
      }
    }
    if (fds[0].revents && count < CLIENTS_MAX) {
      int client = accept(listener, NULL, NULL);
      int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      fds[count++] = (struct pollfd){.fd = client, .events = POLLIN};
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 2 && strcmp(argv[1], "tcp") == 0) return serve_tcp();
  if (argc == 3) return serve_serial(argv[1], atoi(argv[2]));
  fprintf(stderr, "usage: libmodbus-unit tcp | libmodbus-unit PATH BAUD\n");
  return 2;
}
