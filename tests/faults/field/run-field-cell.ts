import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  modbusAsciiDriver,
  modbusRtuDriver,
  modbusRtuOverTcpDriver,
  modbusTcpDriver,
} from "@headgate/drivers/modbus";
import {
  type Connection,
  type Context,
  type Driver,
  type Sample,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import type { FieldFault } from "./field-faults-list.ts";
import { type FieldPoint, fieldPoints } from "./field-values.ts";
import { type Peer, type Rig, type SharedPeers, startRig, type Transport } from "./rigs.ts";

/** One fault of one device on one line. */
export interface FieldCell {
  readonly fault: FieldFault;
  readonly transport: Transport;
  readonly peer: Peer;
}

/** What was read in one cell. */
export interface CellOutcome {
  readonly cell: FieldCell;
  /** Rounds of all points while the fault was on. */
  readonly rounds: number;
  readonly goodCount: number;
  readonly badCount: number;
  /** Good samples with another value than the device has: must be none. */
  readonly wrong: readonly string[];
  /** Bad samples by reason, numbers left out. */
  readonly reasons: ReadonlyMap<string, number>;
  /** After the fault's end: rounds in which no unit rested, up to the first that is all good. */
  readonly recoveryRounds: number | null;
  readonly recoveryMs: number;
}

export interface CellOptions {
  readonly faultMs: number;
  /** Pause between two rounds. */
  readonly pauseMs: number;
  readonly shared: SharedPeers;
}

const TIMEOUT_MS = 500;
/** Tried rarely, so that it costs its neighbours a tenth of the line at most. */
const RESTS = /next try in/;
const REOPEN_MS = 500;
/** Of how many requests one is spoilt, a while each. */
const EVERY = [1, 2, 3, 5];
const RECOVERY_MS_MAX = 90_000;
const WRONG_TOLD_MAX = 5;

const DRIVERS = {
  tcp: modbusTcpDriver,
  "rtu-over-tcp": modbusRtuOverTcpDriver,
  rtu: modbusRtuDriver,
  ascii: modbusAsciiDriver,
} as const;

/** Reads a device at full rate before, during and after a fault, and compares every value. */
export async function runFieldCell(cell: FieldCell, options: CellOptions): Promise<CellOutcome> {
  const rig = await startRig(cell.peer, cell.transport, options.shared);
  const reader = new CellReader(cell, rig);
  try {
    await reader.readUntilWell();
    const rival = cell.fault.takesConnection ? await takeConnection(cell, rig) : null;
    for (const every of EVERY) {
      rig.set({ ...cell.fault.faults(TIMEOUT_MS), every });
      await reader.readFor(options.faultMs / EVERY.length, options.pauseMs);
    }
    rig.set({});
    rival?.destroy();
    rig.oneClient?.limit(null);
    return await reader.recover(options.pauseMs);
  } finally {
    await reader.close();
    await rig.stop();
  }
}

/** Another client is in the one place that the device has. */
async function takeConnection({ fault }: FieldCell, { oneClient }: Rig): Promise<Socket> {
  if (!oneClient) throw new Error(`${fault.name}: the device has no place to take`);
  oneClient.limit(fault.takesConnection ?? "refuse");
  // Whoever reads was turned out and comes again after a pause.
  const rival = connect({ host: "127.0.0.1", port: oneClient.port });
  rival.on("error", () => rival.destroy());
  return rival;
}

type Address = ReturnType<typeof modbusTcpDriver.addressSchema.parse>;
type Device = NonNullable<ReturnType<NonNullable<typeof modbusTcpDriver.deviceSchema>["parse"]>>;

class CellReader {
  readonly #cell: FieldCell;
  readonly #settings: object;
  readonly #points: readonly FieldPoint[];
  readonly #asked;
  readonly #signal = new AbortController().signal;
  readonly #reasons = new Map<string, number>();
  readonly #wrong: string[] = [];
  #connection: Connection<Address, Device> | null = null;
  #rounds = 0;
  #goodCount = 0;
  #badCount = 0;

  constructor(cell: FieldCell, rig: Rig) {
    this.#cell = cell;
    this.#settings = { ...rig.settings, timeout: TIMEOUT_MS };
    this.#points = fieldPoints(rig.unitIds);
    const devices = new Map(
      rig.unitIds.map((unitId) => [unitId, modbusTcpDriver.deviceSchema?.parse({ unitId })]),
    );
    this.#asked = this.#points.map(({ id, unitId, settings }) => ({
      id,
      address: modbusTcpDriver.addressSchema.parse(settings),
      device: devices.get(unitId) as Device,
    }));
  }

  /** The device must be read whole before anything goes wrong. */
  async readUntilWell(): Promise<void> {
    const endMs = performance.now() + RECOVERY_MS_MAX;
    while (!(await this.#round()).isWell) {
      if (performance.now() > endMs) throw new Error(`${this.#cell.peer} is not read at all`);
      await sleep(20);
    }
    this.#rounds = 0;
    this.#goodCount = 0;
    this.#badCount = 0;
    this.#reasons.clear();
  }

  async readFor(ms: number, pauseMs: number): Promise<void> {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs) {
      await this.#round();
      await sleep(pauseMs);
    }
  }

  async recover(pauseMs: number): Promise<CellOutcome> {
    const rounds = this.#rounds;
    const [goodCount, badCount] = [this.#goodCount, this.#badCount];
    const reasons = new Map(this.#reasons);
    const startMs = performance.now();
    let recoveryRounds: number | null = 0;
    for (;;) {
      const { isWell, isResting } = await this.#round();
      if (!isResting) recoveryRounds++;
      if (isWell) break;
      if (performance.now() - startMs > RECOVERY_MS_MAX) {
        recoveryRounds = null;
        break;
      }
      await sleep(pauseMs);
    }
    const recoveryMs = performance.now() - startMs;
    const told = { rounds, goodCount, badCount, wrong: this.#wrong, reasons };
    return { cell: this.#cell, ...told, recoveryRounds, recoveryMs };
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#connection = null;
  }

  async #round(): Promise<{ isWell: boolean; isResting: boolean }> {
    this.#rounds++;
    try {
      this.#connection ??= await this.#open();
      const samples = [...(await this.#connection.read(this.#asked, this.#signal))];
      const isWell = samples.map((sample, at) => this.#judge(sample, at)).every((good) => good);
      const isResting = samples.some((one) => one.quality === "bad" && RESTS.test(one.reason));
      return { isWell, isResting };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#badCount += this.#asked.length;
      this.#count(error.message, this.#asked.length);
      await this.close();
      await sleep(REOPEN_MS);
      return { isWell: false, isResting: false };
    }
  }

  #open(): Promise<Connection<Address, Device>> {
    const driver = DRIVERS[this.#cell.transport] as unknown as Driver<object, Address, Device>;
    const signal = this.#signal;
    const context: Context = { clock: systemClock, log: silentLog, signal, directory: "" };
    return driver.open(driver.configSchema.parse(this.#settings), context);
  }

  #judge(sample: Sample, at: number): boolean {
    const { id, expected } = this.#points[at] as FieldPoint;
    if (sample.quality === "bad") {
      this.#badCount++;
      this.#count(sample.reason, 1);
      return false;
    }
    this.#goodCount++;
    if (sample.value === expected) return true;
    if (this.#wrong.length < WRONG_TOLD_MAX) {
      this.#wrong.push(`${id}: ${sample.value} instead of ${expected}`);
    }
    return false;
  }

  #count(reason: string, by: number): void {
    const kind = reason.replace(/\d[\d.:]*/g, "N").replace(/, next try in.*/, ", resting");
    this.#reasons.set(kind, (this.#reasons.get(kind) ?? 0) + by);
  }
}
