import { fileURLToPath } from "node:url";
import { judgeReceiver } from "./judge-receiver.ts";
import { ReceiverTruth } from "./receiver-truth.ts";
import type { Subject } from "./run-power-cut.ts";

/** The store of a receiver. */
export const RECEIVER: Subject = {
  life: fileURLToPath(new URL("./receiver-life.ts", import.meta.url)),
  keep: [],
  truthOf: (said) => new ReceiverTruth(said),
  judge: (directory, truth) => judgeReceiver(directory, truth as ReceiverTruth),
};
