// The buffer's own thread on a disk that takes its time: what an SD card does when it tidies up.
import { workerData } from "node:worker_threads";
import { createStoreCalls, openStore, serveStore } from "@headgate/sync/cores";

const { syncMs } = workerData as { syncMs: number };
const calls = createStoreCalls(openStore);
const never = new Int32Array(new SharedArrayBuffer(4));

serveStore({
  ...calls,
  commit(request) {
    const committed = calls.commit(request);
    Atomics.wait(never, 0, 0, syncMs);
    return committed;
  },
});
