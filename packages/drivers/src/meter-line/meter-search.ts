import type { DeviceIdentity, LineSearch, Look, Point, Sample } from "@headgate/model";
import { type Call, callAll } from "./call-all.ts";
import type { CallPort } from "./call-port.ts";
import type { FrameShape } from "./frame-scanner.ts";
import type { MeterConnection, MeterDevice } from "./meter-connection.ts";

/** What to write for a meter in the configuration: `{ meter: "000012345678" }`. */
export type WrittenMeter = Readonly<Record<string, string>>;

/** How meters of one protocol are found. */
export interface CallSide<Device extends MeterDevice> {
  /** For people: "DL/T 645-2007". */
  readonly name: string;
  readonly shape: FrameShape;
  /** Questions that any meter answers. */
  readonly calls: readonly Call[];
  /** One that this meter answers. */
  ask(device: Device): Buffer;
  /** Whose answer a frame is; null if it is none. */
  tell(frame: Buffer): WrittenMeter | null;
}

export interface MeterSearchOptions<Address, Device extends MeterDevice> {
  readonly side: CallSide<Device>;
  readonly port: CallPort;
  /** To read a meter that was found. */
  readonly openConnection: () => Promise<MeterConnection<Address, Device>>;
}

/** Looks who is on a line with meters. Only questions go out. */
export class MeterSearch<Address, Device extends MeterDevice>
  implements LineSearch<Address, Device>
{
  readonly #options: MeterSearchOptions<Address, Device>;
  #connection: MeterConnection<Address, Device> | null = null;

  constructor(options: MeterSearchOptions<Address, Device>) {
    this.#options = options;
  }

  async look(device: Device, signal: AbortSignal): Promise<Look> {
    const { side, port } = this.#options;
    const { stretches, answerMs } = await port.put(side.ask(device), {
      signal,
      isOneEnough: true,
    });
    const meters = stretches.flatMap(({ bytes, isSound }) => {
      const meter = isSound ? side.tell(bytes) : null;
      return meter === null ? [] : [meter];
    });
    const [meter] = meters;
    if (!meter) return { ...NOBODY, outcome: "absent" };
    const outcome = meters.length > 1 ? "conflict" : "present";
    return { ...NOBODY, outcome, device: meter, said: this.#said, answerMs };
  }

  async *call(
    onAsk: (waitingCount: number) => void,
    signal: AbortSignal,
  ): AsyncGenerator<Look, void> {
    const { side, port } = this.#options;
    const put = (request: Buffer) => port.put(request, { signal });
    for await (const outcome of callAll(side.calls, { put, tell: side.tell, onAsk })) {
      if (outcome.kind === "garbled") yield { ...NOBODY, outcome: "garbled" };
      else {
        const { meter, answerMs } = outcome;
        yield { ...NOBODY, outcome: "present", device: meter, said: this.#said, answerMs };
      }
    }
  }

  /** The number is all that such a meter says of itself. */
  async identify(): Promise<DeviceIdentity | null> {
    return null;
  }

  async read(points: readonly Point<Address, Device>[], signal: AbortSignal): Promise<Sample[]> {
    this.#connection ??= await this.#options.openConnection();
    return await this.#connection.read(points, signal);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#options.port.close();
  }

  get #said(): string {
    return `answers by ${this.#options.side.name}`;
  }
}

const NOBODY = { device: {}, said: "", answerMs: null, others: [] };
