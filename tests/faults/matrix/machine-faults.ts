import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { diskFaultsLibrary } from "../peers/disk-faults-library.ts";
import { again, type Fault, pause } from "./fault.ts";
import type { Extras, Rig } from "./rig.ts";

const CLOCK_LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;

const diskFile = (folder: string) => join(folder, "disk-faults");
const clockFile = (folder: string) => join(folder, "clock");

/** The gateway's disk does as a file tells it. */
const DISK: Extras = {
  async env(folder) {
    await writeFile(diskFile(folder), "none 0\n");
    return {
      LD_PRELOAD: diskFaultsLibrary(),
      HEADGATE_DISK_FOLDER: join(folder, "data"),
      HEADGATE_DISK_FAULTS: diskFile(folder),
    };
  },
};

/** The gateway's clock is wrong by what a file tells; time passes as it does. */
const CLOCK: Extras = {
  async env(folder) {
    await writeFile(clockFile(folder), "+0\n");
    return {
      LD_PRELOAD: CLOCK_LIBRARY,
      FAKETIME_TIMESTAMP_FILE: clockFile(folder),
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
  },
};

function disk(about: string, word: string): Fault {
  return {
    about,
    extras: DISK,
    isEvident: (log) => /disk full|cannot store/.test(log),
    async strike(rig, seconds) {
      const strikes = await again(rig, { seconds, pauseMsMax: 2000 }, async () => {
        await writeFile(diskFile(rig.folder), `${word}\n`);
        await pause(rig.rng.between(500, 3000));
        await writeFile(diskFile(rig.folder), "none 0\n");
      });
      return strikes;
    },
  };
}

/** Whether the log's times, in milliseconds, are as far apart as the steps were. */
function hasStepped(log: string, seconds: number): boolean {
  const times = [...log.matchAll(/"time":(\d+)/g)].map(([, time]) => Number(time));
  const spanMs = times.reduce((most, time) => Math.max(most, time), 0) - Math.min(...times);
  return spanMs > 1900 * seconds;
}

function clock(about: string, steps: readonly number[]): Fault {
  return {
    about,
    extras: CLOCK,
    isEvident: (log) => hasStepped(log, Math.max(...steps)),
    async strike(rig: Rig, seconds) {
      for (const step of steps) {
        await writeFile(clockFile(rig.folder), `${step < 0 ? "" : "+"}${step}\n`);
        await pause((1000 * seconds) / steps.length);
      }
      return steps.length;
    },
  };
}

export const MACHINE_FAULTS: Readonly<Record<string, Fault>> = {
  "disk full": disk("the gateway's disk has no room for 0.5 to 3 s", "full 0"),
  "disk EIO on fsync": disk("one fsync in three fails with EIO", "sync-eio 33"),
  "disk EIO on write": disk("one write in ten fails with EIO", "write-eio 10"),
  "disk read-only": disk("nothing can be written for 0.5 to 3 s", "readonly 0"),
  "disk slow": {
    about: "each fsync takes 400 ms longer",
    extras: DISK,
    async strike(rig, seconds) {
      await writeFile(diskFile(rig.folder), "slow 400\n");
      await pause(1000 * seconds);
      await writeFile(diskFile(rig.folder), "none 0\n");
      return 1;
    },
  },
  "clock ± 1 h": clock("the gateway's clock steps by an hour, forth and back", [HOUR, 0, -HOUR, 0]),
  "clock ± 1 year": clock("the gateway's clock steps by a year, forth and back", [
    YEAR,
    0,
    -YEAR,
    0,
  ]),
};
