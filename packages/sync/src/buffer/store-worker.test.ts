import { expect, test } from "vitest";
import { CUT_OFF, StoreFault } from "./store-fault.ts";
import { StoreWorker } from "./store-worker.ts";

test("calls that a thread's end cuts off fail as the database's faults do", async () => {
  const worker = new StoreWorker();
  const asked = worker.call("pointList", "x").catch((error: unknown) => error);
  await worker.end();
  for (const error of [await asked, await worker.call("close", null).catch((late) => late)]) {
    expect(error).toBeInstanceOf(StoreFault);
    expect(error).toMatchObject({ code: CUT_OFF });
  }
});

test("a thread that dies is a fault, too", async () => {
  const worker = new StoreWorker(new URL("data:text/javascript,process.exit(7)"));
  await expect(worker.call("close", null)).rejects.toMatchObject({
    name: "StoreFault",
    message: expect.stringContaining("exit code 7"),
  });
});

test("an idle thread leaves by itself, and one that is gone can be ended again", async () => {
  const worker = new StoreWorker();
  await expect(worker.call("pointList", "x")).rejects.toBeInstanceOf(StoreFault);
  await worker.end();
  await worker.end();
  await expect(worker.call("close", null)).rejects.toMatchObject({ code: CUT_OFF });
});
