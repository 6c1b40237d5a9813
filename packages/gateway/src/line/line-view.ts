import type { Clock, LineFrame, LineProtocol } from "@headgate/model";
import type { LineWatch } from "./line-watch.ts";
import { createRecorder } from "./pcap.ts";

/** A line that can be looked at: who reads its bytes, and who watched it. */
export interface LineView {
  readonly protocol: LineProtocol;
  readonly watch: LineWatch;
  readonly clock: Clock;
}

/** One frame as it goes out over HTTP. */
export interface FrameView extends Omit<LineFrame, "bytes"> {
  readonly bytes: string;
}

/** How often a follower is served. */
const SERVE_MS = 100;
/** An empty line after so many turns without a frame. */
const TURNS_TO_SIGN = 100;

/** The last frames, from the oldest to the newest. */
export function framesOf({ protocol, watch }: LineView): FrameView[] {
  const reader = protocol.createFrameReader();
  const frames = watch.records().flatMap((record) => reader.take(record));
  return [...frames, ...reader.end()].map(viewFrame);
}

function viewFrame({ bytes, ...frame }: LineFrame): FrameView {
  return { ...frame, bytes: Buffer.from(bytes).toString("hex").toUpperCase() };
}

/** The frames that are kept, then each that comes, as lines of JSON; `{"lostCount":…}` of gaps. */
export async function* followFrames(view: LineView, durationMs: number): AsyncGenerator<string> {
  const reader = view.protocol.createFrameReader();
  let turnsOfSilence = 0;
  for await (const { records, lostCount } of follow(view, durationMs)) {
    const frames = records.flatMap((record) => reader.take(record)).map(viewFrame);
    const lines = lostCount > 0 ? [...frames, { lostCount }] : frames;
    turnsOfSilence = lines.length > 0 ? 0 : turnsOfSilence + 1;
    if (lines.length > 0) yield lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    // Who hears nothing for minutes takes the connection for lost.
    else if (turnsOfSilence % TURNS_TO_SIGN === 0) yield "\n";
  }
}

/** The same as Wireshark reads it. */
export async function* recordLine(view: LineView, durationMs: number): AsyncGenerator<Buffer> {
  const recorder = createRecorder(view.protocol);
  yield recorder.head;
  for await (const { records } of follow(view, durationMs)) {
    if (records.length > 0) yield Buffer.concat(records.map((record) => recorder.take(record)));
  }
  yield recorder.end();
}

async function* follow({ watch, clock }: LineView, durationMs: number) {
  const endMs = clock.monotonicMs() + durationMs;
  const never = new AbortController().signal;
  const follower = watch.follow();
  try {
    while (clock.monotonicMs() < endMs) {
      yield follower.take();
      await clock.sleep(Math.min(SERVE_MS, endMs - clock.monotonicMs()), never);
    }
    yield follower.take();
  } finally {
    follower.end();
  }
}
