import { type Context, describeError, Unreachable } from "@headgate/model";
import type { Wire } from "./port.ts";
import type { RtuConfig } from "./settings.ts";

const OPEN_TIMEOUT_MS = 5_000;

/** Opens a serial port once. It may be plugged in later: whatever goes wrong is `Unreachable`. */
export async function openSerialWire(config: RtuConfig, context: Context): Promise<Wire> {
  // The default export: in a bundle a CommonJS package has no other.
  const { default: serialport } = await import("serialport");
  const { SerialPort } = serialport;
  const { path, baudRate, parity, dataBits, stopBits } = config;
  const port = new SerialPort({ path, baudRate, parity, dataBits, stopBits, autoOpen: false });
  let lostBy: Error | undefined;
  port.on("error", (error: Error) => {
    lostBy = error;
  });
  const settled = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(unreachable(path, error)) : resolve()));
      void context.clock
        .sleep(OPEN_TIMEOUT_MS, settled.signal)
        .then(() => reject(new Unreachable(`open ${path}: no answer from the system`)));
    });
  } finally {
    settled.abort();
  }
  const destroy = () => {
    if (port.isOpen) port.close(() => {});
  };
  return {
    write: (bytes) => void port.write(bytes),
    listen(onBytes, onLost) {
      port.on("data", onBytes);
      port.on("error", (error: Error) => onLost(`serial port ${path} failed`, error));
      port.on("close", () => onLost(`serial port ${path} closed; is it still plugged in?`, lostBy));
    },
    destroy,
  };
}

function unreachable(path: string, cause: Error): Unreachable {
  const text = describeError(cause);
  return new Unreachable(`open ${path}: ${text}; ${hintFor(text)}`, { cause });
}

function hintFor(text: string): string {
  if (/permission/i.test(text)) return "let the gateway's user use it (group dialout)";
  if (/no such file/i.test(text)) return "plug it in, or correct the path";
  if (/lock/i.test(text)) return "another program uses it";
  return "check the port and its settings";
}
