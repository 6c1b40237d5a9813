import type { Buffer, Session } from "@headgate/model";
import type { BufferOptions } from "@headgate/sync/buffer";
import type { Dial, StoreCaller } from "@headgate/sync/cores";
import type { Store } from "@headgate/sync/receiver";
import type { WorldPlan } from "./plan.ts";

/** A mistake put into the world on purpose: a simulation that does not see it is blind. */
export interface Canary {
  /** A world in which it can be seen. */
  readonly plan?: Partial<WorldPlan>;
  readonly wrapBuffer?: (buffer: Buffer, options: BufferOptions) => Buffer;
  readonly wrapSession?: (session: Session) => Session;
  readonly wrapDisk?: (disk: StoreCaller) => StoreCaller;
  readonly wrapGatewayDial?: (dial: Dial) => Dial;
  readonly wrapReceiverDial?: (dial: Dial) => Dial;
  readonly wrapStore?: (store: Store) => Store;
  /** Called with the folder of a database that was put in the place of another. */
  readonly afterRestore?: (folder: string) => void;
  /** Called with the folder of a gateway that was killed. */
  readonly afterKill?: (folder: string) => void;
  /** Called with the store of a receiver that was killed. */
  readonly afterReceiverKill?: (path: string) => void;
}
