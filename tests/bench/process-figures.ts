import { readFileSync } from "node:fs";

/** What the kernel has counted for one process so far. */
export interface ProcessFigures {
  /** User and system time of all its threads. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  /** How long its main thread was ready to run while others had the cores. */
  readonly waitedMs: number;
  /** Bytes it caused to be written to disks. */
  readonly writtenBytes: number;
}

/** A tick of /proc/PID/stat is 1/100 s on Linux. */
const TICK_MS = 10;

/** The figures of a process on this Linux machine. */
export function figuresOf(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name may hold blanks: fields are counted after its bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const io = readFileSync(`/proc/${pid}/io`, "utf8");
  const [, waitedNs] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return {
    waitedMs: Number(waitedNs) / 1e6,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    rssBytes: numberIn(status, "VmRSS") * 1024,
    rssPeakBytes: numberIn(status, "VmHWM") * 1024,
    writtenBytes: numberIn(io, "write_bytes"),
  };
}

function numberIn(text: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
}
