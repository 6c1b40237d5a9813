// The thread that owns the database, so that a slow disk disturbs nobody.
import { openStore } from "./open-store.ts";
import { serveStore } from "./serve-store.ts";
import { createStoreCalls } from "./store-calls.ts";

serveStore(createStoreCalls(openStore));
