import { realpath } from "node:fs/promises";
import type { Context } from "@headgate/model";
import type { PhysicalWire, SerialSettings } from "./physical-wire.ts";
import { openSerialWire } from "./serial-wire.ts";
import { SharedWire } from "./shared-wire.ts";
import { openSocketWire, type SocketOptions } from "./socket-wire.ts";
import type { Wire } from "./wire.ts";

/**
 * The wires that are open in this process, by port or address. The system lends a serial port
 * once; this is where channels that name the same one meet.
 */
const open = new Map<string, Promise<SharedWire>>();

/** Opens a serial port, or joins those who have it open. */
export async function openSharedSerial(
  { path, quietMs, ...settings }: SerialSettings & { path: string; quietMs: number },
  context: Context,
): Promise<Wire> {
  const wire = await share(await keyOf(path), context, () =>
    openSerialWire({ path, ...settings }, context),
  );
  return wire.attach({ settings, quietMs });
}

/** Connects to a serial server, or joins those who are connected. */
export async function openSharedSocket(
  { quietMs, ...options }: SocketOptions & { quietMs: number },
  context: Context,
): Promise<Wire> {
  const key = `${options.host}:${options.port}`;
  const wire = await share(key, context, async () => {
    const socket = await openSocketWire(options, context);
    return { ...socket, close: async () => socket.destroy() };
  });
  return wire.attach({ settings: null, quietMs });
}

async function share(
  key: string,
  { clock }: Context,
  create: () => Promise<PhysicalWire>,
): Promise<SharedWire> {
  for (let present = open.get(key); present; ) {
    const wire = await present;
    if (!wire.isEnded) return wire;
    // Who comes first of those who waited opens it, the others join.
    const next = open.get(key);
    if (next === present) break;
    present = next;
  }
  const created = create().then((physical) => {
    const onEnd = (closed: Promise<void>) => {
      // Whoever opens it next waits until the system has it back.
      const gone = closed.then(() => wire);
      if (open.get(key) !== created) return;
      open.set(key, gone);
      void gone.finally(() => open.get(key) === gone && open.delete(key));
    };
    const wire: SharedWire = new SharedWire({ physical, clock, onEnd });
    return wire;
  });
  open.set(key, created);
  try {
    return await created;
  } catch (error) {
    if (open.get(key) === created) open.delete(key);
    throw error;
  }
}

/** One port has many names: /dev/serial/by-id/… leads to /dev/ttyUSB0. */
async function keyOf(path: string): Promise<string> {
  // A port that is not there is known by what it was called.
  return await realpath(path).catch(() => path);
}
