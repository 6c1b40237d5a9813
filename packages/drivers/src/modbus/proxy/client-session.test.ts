import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "@headgate/model";
import { expect, it } from "vitest";
import { ClientSession } from "./client-session.ts";

it("reads no more than a little ahead of what it answers", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  // It is cut off in the end.
  client.on("error", () => {});
  const [socket] = (await once(server, "connection")) as [Socket];
  const answer = Promise.withResolvers<Buffer>();
  const options = { socket, clock: systemClock, idleMs: 60_000, answer: () => answer.promise };
  const session = new ClientSession(options);
  const ended = session.run();
  const request = Buffer.from("000100000006010300000001", "hex");
  const all = Buffer.concat(Array.from({ length: 1_000_000 }, () => request));
  client.write(all);
  let before = -1;
  // Until no more is taken: a system's own buffers hold a few hundred kilobytes.
  await expect
    .poll(
      () => {
        const isSame = socket.bytesRead === before;
        before = socket.bytesRead;
        return isSame && before > 0;
      },
      { interval: 500, timeout: 20_000 },
    )
    .toBe(true);
  expect(socket.bytesRead).toBeLessThan(all.length / 4);
  session.end("stopped");
  expect(await ended).toBe("stopped");
  client.destroy();
  server.close();
});
