import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onvifDriver } from "@headgate/drivers/onvif";
import { startVirtualCamera } from "@headgate/drivers/testing";
import { type Sample, silentLog, systemClock } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { type LighttpdOptions, startLighttpd } from "./peers/lighttpd.ts";

const user = { username: "viewer", password: "s3cret:牛" };
const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };

type Login = Pick<LighttpdOptions, "method" | "algorithm">;

/** Two pictures of a camera whose pictures lighttpd serves, and what lighttpd says it was asked. */
async function picturesThrough(login: Login, password = user.password) {
  const camera = await startVirtualCamera();
  const original = camera.picture();
  const server = await startLighttpd({ ...user, ...login, files: { "snap.jpg": original } });
  const place = `http://127.0.0.1:${server.port}/snap.jpg?a=1&b=2`;
  const config = { host: camera.host, port: camera.port, username: user.username, password };
  const connection = await onvifDriver.open(
    onvifDriver.configSchema.parse({ ...config, snapshotUri: { main: place } }),
    context,
  );
  try {
    const address = onvifDriver.addressSchema.parse({ address: "snapshot:main" });
    const points = [{ id: "gate/picture", address, device: undefined }];
    const samples: Sample[] = [];
    for (let round = 0; round < 2; round++)
      samples.push(...(await connection.read(points, signal)));
    return { samples, original };
  } finally {
    await connection.close();
    await camera.stop();
    await server.stop();
  }
}

describe("pictures from a web server of Debian", () => {
  it.each<Login>([
    { method: "digest", algorithm: "MD5" },
    { method: "digest", algorithm: "SHA-256" },
    { method: "basic" },
  ])("$method $algorithm", async (login) => {
    const { samples, original } = await picturesThrough(login);
    for (const sample of samples) {
      if (sample.quality === "bad") throw new Error(sample.reason);
      expect(original.equals(sample.media?.bytes ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it("a wrong password is a bad sample that says so", async () => {
    const { samples } = await picturesThrough({ method: "digest" }, "wrong");
    expect(samples[0]).toMatchObject({
      quality: "bad",
      reason: expect.stringMatching(/snap\.jpg: not authorized \(http 401\)/),
    });
  });
});

describe("the virtual camera", () => {
  it.each(["wsSecurity", "digest"] as const)("believes logins made by zeep (%s)", async (login) => {
    const camera = await startVirtualCamera({ user, login });
    const script = fileURLToPath(new URL("./peers/onvif-login.py", import.meta.url));
    const ask = async (password: string) => {
      const given = [script, String(camera.port), login, user.username, password];
      const { stdout } = await promisify(execFile)("/usr/bin/python3", given);
      return stdout;
    };
    try {
      expect(await ask(user.password)).toMatch(/^200 .*12345678901234567890/s);
      expect(await ask("wrong")).toMatch(/^40[01] /);
    } finally {
      await camera.stop();
    }
  });
});
