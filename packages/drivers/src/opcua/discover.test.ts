import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock, Unreachable } from "@headgate/model";
import { expect, it } from "vitest";
import { createVirtualPlc } from "../../testing/virtual-plc.ts";
import { discoverServer } from "./discover.ts";

const signal = new AbortController().signal;

async function inFolder(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "headgate-opcua-"));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

it(
  "a server tells its endpoints, logins and certificate to anybody",
  () =>
    inFolder(async (directory) => {
      const variables = { Cows: { type: "UInt64", get: () => 1n } } as const;
      const plc = await createVirtualPlc({ directory: join(directory, "plc"), variables });
      try {
        const context = { clock: systemClock, log: silentLog, signal, directory };
        const options = { url: plc.endpoint, timeoutMs: 60_000 };
        const found = await discoverServer(options, context);
        expect(found.type).toBe("Server");
        expect(found.applicationUri).not.toBe("");
        expect(found.endpoints.length).toBeGreaterThan(0);
        const [safest] = found.endpoints;
        expect(safest?.logins.length).toBeGreaterThan(0);
        expect(found.endpoints.map(({ securityMode }) => securityMode)).toContain("None");
        expect(safest?.certificate?.thumbprint).toMatch(/^[0-9a-f]{40}$/);
        expect(safest?.certificate?.validToMs).toBeGreaterThan(Date.now());
      } finally {
        await plc.stop();
      }
    }),
  120_000,
);

it(
  "whoever is no server is unreachable, with what to check",
  () =>
    inFolder(async (directory) => {
      const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" ? address?.port : 0;
      try {
        const context = { clock: systemClock, log: silentLog, signal, directory };
        const url = `opc.tcp://127.0.0.1:${port}`;
        const found = discoverServer({ url, timeoutMs: 5_000 }, context);
        await expect(found).rejects.toThrow(Unreachable);
        await expect(found).rejects.toThrow(
          /check host and port, and that it is an OPC UA server$/,
        );
        server.close();
        const refused = discoverServer({ url, timeoutMs: 5_000 }, context);
        await expect(refused).rejects.toThrow(
          /^ask opc\.tcp:\S+: connection refused; check the port, .* \(ECONNREFUSED\)$/,
        );
      } finally {
        server.close();
      }
    }),
  120_000,
);
