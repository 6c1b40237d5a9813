// The thread that owns the database, so that a slow disk disturbs nobody.
import { openStore } from "./open-store.ts";
import { serveStore } from "./serve-store.ts";
import { createStoreCalls } from "./store-calls.ts";

serveStore(createStoreCalls(openStore), async (port) => {
  // Served here too, where it is wanted: a thread of its own would take 20 MB more.
  const { serveHistory } = await import("../history/serve-history.ts");
  serveHistory(port);
});
