import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { type Clock, type ClockState, systemClock } from "@headgate/model";
import { judgeClock, type ServiceWord } from "./judge-clock.ts";

/** The year of this program: no machine that runs it has an earlier one. */
const FLOOR_MS = Date.UTC(2026, 0, 1);
const ASK_INTERVAL_MS = 10_000;
const ANSWER_MS_MAX = 5000;

/** What the machine is asked, lent by tests. */
export interface MachineParts {
  readonly clock?: Clock;
  /** Where `/proc` and `/run` are. */
  readonly root?: string;
  /** Of this run of the machine, also while it slept. */
  readonly bootMs?: () => number;
  /** What `timedatectl show` prints; "" where there is no such thing. */
  readonly askTimedatectl?: () => Promise<string>;
}

/** The machine's clock, and how far it can be trusted. Needs neither native code nor root. */
export function createMachineClock(parts: MachineParts = {}): Clock {
  const { clock = systemClock, root = "/", askTimedatectl = timedatectl } = parts;
  const bootMs = parts.bootMs ?? (() => 1000 * uptime());
  const bootId = bootIdIn(root);
  let otherService: ServiceWord = isOtherServiceIn(root) ? "unasked" : "absent";
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let known: Pick<ClockState, "isSynced" | "source"> = { isSynced: false, source: "" };
  const ask = async () => {
    askedAtMs = clock.monotonicMs();
    otherService = wordOf(await askTimedatectl());
  };
  const judge = () => {
    const timesyncd = timesyncdIn(root);
    known = judgeClock({ nowMs: clock.nowMs(), floorMs: FLOOR_MS, timesyncd, otherService });
    const isDue = clock.monotonicMs() - askedAtMs >= ASK_INTERVAL_MS;
    if (!known.isSynced && timesyncd !== "synchronized" && isDue) void ask();
  };
  judge();
  return {
    ...clock,
    state() {
      // What is right stays right: steps are seen by whoever compares.
      if (!known.isSynced) judge();
      return { bootId, bootMs: bootMs(), ...known };
    },
  };
}

function bootIdIn(root: string): string {
  try {
    return readFileSync(join(root, "proc/sys/kernel/random/boot_id"), "utf8").trim();
  } catch {
    // Another system than Linux: nothing names the run, and blocks are dated by no known clock.
    return "";
  }
}

/** It leaves a file once it has set the clock; its folder is there while it runs. */
function timesyncdIn(root: string): ServiceWord {
  const folder = join(root, "run/systemd/timesync");
  if (existsSync(join(folder, "synchronized"))) return "synchronized";
  return existsSync(folder) ? "waiting" : "absent";
}

/** What chrony and ntpd leave while they run. Where none of these is, nobody need be asked. */
const PID_FILES = ["run/chrony/chronyd.pid", "run/chronyd.pid", "run/ntpd.pid", "run/openntpd.pid"];

function isOtherServiceIn(root: string): boolean {
  return PID_FILES.some((path) => existsSync(join(root, path)));
}

/** `NTP`: a service is to run; `NTPSynchronized`: the kernel was told that the time is right. */
function wordOf(shown: string): ServiceWord {
  if (/^NTPSynchronized=yes$/m.test(shown)) return "synchronized";
  return /^NTP=yes$/m.test(shown) ? "waiting" : "absent";
}

function timedatectl(): Promise<string> {
  const asked = ["show", "--property=NTP", "--property=NTPSynchronized"];
  return new Promise((resolve) => {
    execFile("timedatectl", asked, { timeout: ANSWER_MS_MAX }, (error, stdout) => {
      // A container or a small system has none: then the clock itself must do.
      resolve(error ? "" : stdout);
    });
  });
}
