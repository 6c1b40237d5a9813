import type { Clock, Samples } from "@headgate/model";
import { type Asking, DeviceReader, type Done } from "./device-reader.ts";
import type { Line } from "./line.ts";
import type { DevicePlan } from "./read-plan.ts";
import { ScanSamples } from "./scan-samples.ts";

/** A device in one list of points, and how it is asked. */
export interface PlannedDevice {
  readonly plan: DevicePlan;
  readonly asking: Asking;
}

export interface ScanOptions {
  readonly line: Line;
  readonly clock: Clock;
  readonly devices: readonly PlannedDevice[];
  /** The list. */
  readonly points: readonly { readonly id: string }[];
  /** Begins to read one device: its reader tells when it is done. `nowMs` is monotonic. */
  readonly readDevice: (reader: DeviceReader, signal: AbortSignal, nowMs: number) => void;
}

const nobody = () => {};

/**
 * One read of a list of points, device by device; when it is over, the next. All that a scan needs,
 * made anew for each, would be more than the processor's cache holds of a hundred devices.
 */
export class Scan {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #readDevice: ScanOptions["readDevice"];
  readonly #samples: ScanSamples;
  readonly #readers: readonly DeviceReader[];
  #nth = 0;
  #signal: AbortSignal | null = null;
  #startMs = Number.NaN;
  #resolve: (samples: Samples) => void = nobody;
  #reject: (error: Error) => void = nobody;
  #isOver = true;

  constructor({ line, clock, devices, points, readDevice }: ScanOptions) {
    this.#line = line;
    this.#clock = clock;
    this.#readDevice = readDevice;
    const samples = new ScanSamples(points);
    this.#samples = samples;
    this.#readers = devices.map(
      ({ plan, asking }) => new DeviceReader({ clock, asking, plan, samples }, this.#goOn),
    );
  }

  /** It has ended well, and may run again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** One promise for all of it: one for each device or request would cost more than decoding. */
  run(signal: AbortSignal, nowMs: number): Promise<Samples> {
    this.#signal = signal;
    this.#startMs = nowMs;
    this.#nth = 0;
    this.#isOver = false;
    return new Promise(this.#begin);
  }

  readonly #begin = (resolve: (samples: Samples) => void, reject: (error: Error) => void) => {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#line.beginScan();
    this.#goOn(null);
  };

  /** It throws nothing: whoever calls it may be a socket. */
  readonly #goOn: Done = (error) => {
    const reader = this.#readers[this.#nth++];
    if (error || !reader) {
      this.#end(error);
      return;
    }
    const nowMs = this.#nth > 1 ? this.#clock.monotonicMs() : this.#startMs;
    try {
      this.#readDevice(reader, this.#signal as AbortSignal, nowMs);
    } catch (bug) {
      this.#end(bug as Error);
    }
  };

  #end(error: Error | null): void {
    const [resolve, reject] = [this.#resolve, this.#reject];
    // They would keep the samples alive until the next scan.
    this.#resolve = nobody;
    this.#reject = nobody;
    this.#signal = null;
    this.#line.endScan();
    if (error) {
      reject(error);
      return;
    }
    this.#isOver = true;
    resolve(this.#samples.take());
  }
}
