import { type Context, Unreachable } from "@headgate/model";
import type { SerialPort } from "serialport";
import type { PhysicalWire, SerialSettings } from "./physical-wire.ts";

const OPEN_TIMEOUT_MS = 5_000;

/** Opens a serial port once. It may be plugged in later: whatever goes wrong is `Unreachable`. */
export async function openSerialWire(
  { path, ...settings }: SerialSettings & { readonly path: string },
  context: Context,
): Promise<PhysicalWire> {
  // The default export: in a bundle a CommonJS package has no other.
  const { default: serialport } = await import("serialport");
  const open = (next: SerialSettings) => openPort(serialport.SerialPort, path, next, context);
  return new SerialWire({ path, port: await open(settings), settings, open });
}

interface SerialWireOptions {
  readonly path: string;
  readonly port: SerialPort;
  readonly settings: SerialSettings;
  readonly open: (settings: SerialSettings) => Promise<SerialPort>;
}

class SerialWire implements PhysicalWire {
  readonly #options: SerialWireOptions;
  #port: SerialPort;
  #settings: SerialSettings;
  #onBytes: (bytes: Buffer) => void = () => {};
  #onLost: (why: string, cause?: Error) => void = () => {};
  #lostBy: Error | undefined;
  #isReopening = false;
  #isClosed = false;

  constructor(options: SerialWireOptions) {
    this.#options = options;
    this.#port = options.port;
    this.#settings = options.settings;
  }

  write(bytes: Buffer): void {
    this.#port.write(bytes);
  }

  listen(onBytes: (bytes: Buffer) => void, onLost: (why: string, cause?: Error) => void): void {
    this.#onBytes = onBytes;
    this.#onLost = onLost;
    this.#hear(this.#port);
  }

  /** The library changes the rate alone; for the rest the port is opened anew. */
  async apply(next: SerialSettings): Promise<void> {
    const now = this.#settings;
    const isSame = (["parity", "dataBits", "stopBits"] as const).every(
      (key) => now[key] === next[key],
    );
    if (isSame && now.baudRate === next.baudRate) return;
    this.#settings = next;
    if (isSame) {
      await settled((done) => this.#port.update({ baudRate: next.baudRate }, done));
      return;
    }
    const old = this.#port;
    this.#isReopening = true;
    await settled((done) => old.close(done));
    this.#port = await this.#options.open(next);
    this.#isReopening = false;
    if (this.#isClosed) await this.close();
    else this.#hear(this.#port);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const port = this.#port;
    // Whatever a closing port says, it is closed.
    if (port.isOpen) await settled((done) => port.close(() => done(null)));
  }

  #hear(port: SerialPort): void {
    const { path } = this.#options;
    port.on("data", (bytes: Buffer) => this.#onBytes(bytes));
    port.on("error", (error: Error) => {
      this.#lostBy = error;
      this.#onLost(`serial port ${path} failed`, error);
    });
    port.on("close", () => {
      if (this.#isReopening) return;
      this.#onLost(`serial port ${path} closed; is it still plugged in?`, this.#lostBy);
    });
  }
}

function settled(act: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    act((error) => (error ? reject(error) : resolve()));
  });
}

async function openPort(
  Port: typeof SerialPort,
  path: string,
  settings: SerialSettings,
  { clock }: Context,
): Promise<SerialPort> {
  // Closing leaves the lines that feed some adapters as they are: it may be opened anew at once.
  const port = new Port({ path, ...settings, hupcl: false, autoOpen: false });
  const opening = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      port.on("error", reject);
      port.open((error) => (error ? reject(unreachable(path, error)) : resolve()));
      void clock
        .sleep(OPEN_TIMEOUT_MS, opening.signal)
        .then(() => reject(new Unreachable(`open ${path}: no answer from the system`)));
    });
  } finally {
    opening.abort();
  }
  return port;
}

function unreachable(path: string, cause: Error): Unreachable {
  return new Unreachable(`open ${path}: ${faultText(cause.message)}`);
}

// Most often it is the gateway itself: what it has, nobody else can open.
const IN_USE = "in use by another program; end that one, or ask it if it is the gateway (inspect)";

/** The system's words in ours, with what to do. */
function faultText(text: string): string {
  if (/permission|EACCES/i.test(text)) {
    return "permission denied; let the gateway's user use it (group dialout)";
  }
  if (/no such file|ENOENT/i.test(text)) return "no such port; plug it in, or correct the path";
  if (/lock/i.test(text)) return IN_USE;
  return `${text.replace(/^Error:? /, "")}; check the port and its settings`;
}
