import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { buildLibmodbus } from "./meters.ts";
import { stopProcess } from "./pymodbus.ts";

/** A running unit; `stop` ends its process. */
export interface LibmodbusUnit {
  /** 0 on a serial port. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a unit made of libmodbus: a TCP server, or RTU on a serial port. */
export async function startLibmodbusUnit(
  on: "tcp" | { readonly path: string; readonly baudRate: number },
): Promise<LibmodbusUnit> {
  const args = on === "tcp" ? ["tcp"] : [on.path, `${on.baudRate}`];
  const child = spawn(buildLibmodbus("libmodbus-unit"), args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done) throw new Error("the libmodbus unit ended before it served");
  const { port } = JSON.parse(value) as { port: number };
  return { port, stop: () => stopProcess(child) };
}
