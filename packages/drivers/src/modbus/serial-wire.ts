import { type Context, Unreachable } from "@headgate/model";
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
  return new Unreachable(`open ${path}: ${faultText(cause.message)}`);
}

/** The system's words in ours, with what to do. */
function faultText(text: string): string {
  if (/permission|EACCES/i.test(text)) {
    return "permission denied; let the gateway's user use it (group dialout)";
  }
  if (/no such file|ENOENT/i.test(text)) return "no such port; plug it in, or correct the path";
  if (/lock/i.test(text)) return "in use by another program; end that one";
  return `${text.replace(/^Error:? /, "")}; check the port and its settings`;
}
