import type { GatewayStatus, PointView } from "@headgate/gateway/api-types";
import { ask } from "./api/ask.ts";
import { session } from "./session.svelte.ts";
import { afterBatch, type Batch, newest, type ToldPoint } from "./told-points.ts";

/** Something is told every 5 s: whoever hears nothing for so long has lost contact. */
const SILENT_MS_MAX = 15_000;
const LOOK_MS = 1_000;
const RETRY_MS = 3_000;
/** Whoever scrolls changes what is wanted at each frame. */
const SETTLE_MS = 120;
const POINTS_MAX = 1_000;

let isOpen = $state(false);
let known = $state.raw<ReadonlyMap<string, ToldPoint>>(new Map());

const watched = new Set<readonly string[]>();
let source: EventSource | null = null;
let streamId: string | null = null;
/** What was asked for last, and its number. */
let list: readonly string[] = [];
let listNumber = 0;
let heardMs = 0;
let ownerName = "";
let retry: ReturnType<typeof setTimeout> | undefined;
let settling: ReturnType<typeof setTimeout> | undefined;
let onStatus: (status: GatewayStatus) => void = () => {};

function open() {
  clearTimeout(retry);
  if (source || document.hidden) return;
  const opened = new EventSource("api/stream");
  source = opened;
  heardMs = performance.now();
  const on = (name: string, take: (data: string) => void) =>
    opened.addEventListener(name, (event) => {
      if (source !== opened) return;
      heardMs = performance.now();
      take((event as MessageEvent<string>).data);
    });
  on("hello", (data) => {
    streamId = (JSON.parse(data) as { stream: string }).stream;
    list = [];
    want();
  });
  on("status", (data) => {
    isOpen = true;
    onStatus(JSON.parse(data) as GatewayStatus);
  });
  on("points", (data) => {
    const batch = JSON.parse(data) as Batch;
    if (batch.list === listNumber) known = afterBatch(known, list, batch);
  });
  on("beat", () => {});
  opened.addEventListener("error", () => lose(opened));
}

/** Lets go of the stream; what it told stays, and is old. */
function close() {
  source?.close();
  source = null;
  streamId = null;
  isOpen = false;
}

function lose(which: EventSource | null) {
  if (which !== source) return;
  close();
  clearTimeout(retry);
  retry = setTimeout(open, RETRY_MS);
}

function want() {
  settling = undefined;
  const next = [...new Set([...watched].flat())].slice(0, POINTS_MAX);
  const isSame = next.length === list.length && next.every((id, at) => id === list[at]);
  if (streamId === null || isSame) return;
  const opened = source;
  list = next;
  listNumber++;
  const wanted = new Set(next);
  known = new Map([...known].filter(([id]) => wanted.has(id)));
  const csrf = session.current?.csrf;
  const body = { points: next, list: listNumber };
  ask(`api/streams/${streamId}`, { method: "PUT", body, ...(csrf && { csrf }) }).catch(() => {
    // It is gone, or another's since one logged in: the next one is ours.
    lose(opened);
  });
}

function settle() {
  if (settling === undefined) settling = setTimeout(want, SETTLE_MS);
}

/** One stream for the whole page: the status, and the points that are seen. */
export const stream = {
  /** Whether it tells just now; what it told before is old. */
  get isOpen() {
    return isOpen;
  },
  /** To be called once, by the page's frame. */
  start(take: (status: GatewayStatus) => void) {
    onStatus = take;
    $effect(() => {
      const onSeen = () => (document.hidden ? close() : open());
      const onOffline = () => lose(source);
      const timer = setInterval(() => {
        if (source && performance.now() - heardMs > SILENT_MS_MAX) lose(source);
      }, LOOK_MS);
      document.addEventListener("visibilitychange", onSeen);
      window.addEventListener("offline", onOffline);
      open();
      return () => {
        clearInterval(timer);
        document.removeEventListener("visibilitychange", onSeen);
        window.removeEventListener("offline", onOffline);
        close();
        clearTimeout(retry);
      };
    });
    $effect(() => {
      // A stream is of who opened it.
      const name = session.current?.name ?? "";
      if (name === ownerName) return;
      ownerName = name;
      close();
      open();
    });
  },
  /** Wants these points told while the component that calls this is there; may read state. */
  watch(idsOf: () => readonly string[]) {
    $effect(() => {
      const ids = idsOf();
      watched.add(ids);
      settle();
      return () => {
        watched.delete(ids);
        settle();
      };
    });
  },
  /** The point as it was told last, or as it was asked where it was not told. */
  latest(point: PointView): PointView {
    return newest(point, known.get(point.id));
  },
};
