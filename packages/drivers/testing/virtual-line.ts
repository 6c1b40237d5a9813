import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";

/** How bytes stand on the line, and what is on it. */
export interface VirtualLineOptions {
  readonly baudRate?: number;
  /** Of a port only odd parity can be told: one set to even is heard on a line of none. */
  readonly parity?: "none" | "even" | "odd";
  readonly dataBits?: 7 | 8;
  readonly stopBits?: 1 | 2;
  /** The port's adapter hears what it sends itself. */
  readonly isEchoing?: boolean;
  /** Ports for other programs that answer on the line. */
  readonly portCount?: number;
}

/** A serial line that exists only in this machine, and takes the time that a real one takes. */
export interface VirtualLine {
  /** The serial port to open: whose rate differs from the line's hears and says noise. */
  readonly path: string;
  /** Ports for other programs that answer on the line, at any rate. */
  readonly ports: readonly string[];
  /** One more station: it hears all, and may speak; two that speak at once garble each other. */
  station(): Promise<Duplex>;
  /** Pulls the cable: all ends are gone. Safe to call twice. */
  close(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("./virtual-line.py", import.meta.url));

/**
 * Opens a serial line for tests, in a process of its own (Python 3). Every character takes its
 * time at the line's rate, and a station answers after 3.5 characters of silence, as units do.
 */
export async function openVirtualLine(options: VirtualLineOptions = {}): Promise<VirtualLine> {
  const folder = await mkdtemp(join(tmpdir(), "headgate-line-"));
  const path = join(folder, "tty");
  const socketPath = join(folder, "stations");
  const config = JSON.stringify({ ...settingsOf(options), path, socketPath });
  const child = spawn("python3", [SCRIPT, config], { stdio: ["pipe", "pipe", "pipe"] });
  const ports = await portsOf(child);
  return {
    path,
    ports,
    async station() {
      const socket = connect(socketPath);
      await once(socket, "connect");
      return socket;
    },
    async close() {
      await stop(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function settingsOf(options: VirtualLineOptions) {
  const { baudRate = 9600, parity = "none", dataBits = 8, stopBits = 1 } = options;
  const { isEchoing = false, portCount = 0 } = options;
  const bitsPerCharacter = 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
  return { baudRate, parity, bitsPerCharacter, isEchoing, portCount };
}

async function portsOf(child: ChildProcess): Promise<readonly string[]> {
  let complaint = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    complaint = (complaint + bytes).slice(-4000);
  });
  // Whoever pulls the cable ends the reader of its standard input, too.
  child.stdin?.on("error", () => child.kill());
  const failed = Promise.race([
    once(child, "exit").then(() => complaint),
    once(child, "error").then(([error]) => String(error)),
  ]).then((why) => {
    throw new Error(`the virtual line ended (it needs python3): ${why}`);
  });
  if (child.stdout === null) throw new Error("the virtual line has no output");
  const ready = once(createInterface(child.stdout), "line");
  const [text] = (await Promise.race([ready, failed])) as [string];
  // From here on its end is wanted, or shows in what no longer comes.
  failed.catch(() => {});
  return (JSON.parse(text) as { ports: string[] }).ports;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
