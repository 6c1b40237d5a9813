#!/usr/bin/env bash
# Installs the Debian packages that tests use as real peers and tools; only what is missing.
# No service is started: tests start their own peers, on their own ports.
set -euo pipefail

packages=(
  chromium                # renders the page
  fonts-wqy-microhei      # and Chinese on it
  gcc                     # compiles peers written against libmodbus
  libc6-dev               # what gcc needs and only recommends
  libmodbus-dev           # an independent Modbus implementation
  lighttpd                # an independent web server with digest login
  mbpoll                  # an independent Modbus client
  mosquitto               # an independent MQTT broker
  mosquitto-clients       # and its clients
  nftables                # a firewall, in a network namespace of its own
  nats-server             # an independent message bus: JetStream, and MQTT 3.1.1
  openssl                 # makes certificates
  postgresql              # a receiver's store
  python3-pymodbus        # an independent Modbus server
  python3-serial-asyncio  # its serial ports
  python3-zeep            # an independent SOAP client with WS-Security
  socat                   # pairs of serial ports
  strace                  # records what is written and synced, for power cuts
  tshark                  # reads recordings of lines, as Wireshark does
)

# For the whole matrix of faults (`--faults`): heavy ones that no other test needs.
if [ "${1:-}" = --faults ]; then
  packages+=(
    libfaketime      # steps the clock of a running gateway
    rabbitmq-server  # another, with its MQTT plugin
  )
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "system packages: all ${#packages[@]} are installed"
  exit 0
fi
echo "system packages missing: ${missing[*]}"

if ! command -v apt-get >/dev/null; then
  echo "no apt-get on this system; install these programs by its own means, then test again" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "not root; run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi

# Debian asks this file before it starts a service; 101 is "no".
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
"${install[@]}" update </dev/null
"${install[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >/dev/null
echo "system packages: installed ${#missing[@]}"
