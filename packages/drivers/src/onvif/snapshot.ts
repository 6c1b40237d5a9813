import { type Media, type PointId, Refused } from "@headgate/model";
import type { HttpLogin } from "./http-login.ts";

/** A picture is fetched within these limits. */
export interface SnapshotLimits {
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
/** Some cameras pad the file after its end. */
const PADDING_BYTES_MAX = 4096;

/**
 * Fetches one picture. Rejects with `Unreachable` if the camera does not deliver it in time and
 * size, with `Refused` if what it delivers is no picture.
 */
export async function fetchSnapshot(
  login: HttpLogin,
  url: URL,
  { timeoutMs, bytesMax, signal }: SnapshotLimits & { readonly signal: AbortSignal },
): Promise<Buffer> {
  const headers = { Accept: "image/jpeg, */*" };
  const reply = await login.send({ url, method: "GET", headers, timeoutMs, bytesMax, signal });
  if (reply.status === 401 || reply.status === 403) {
    throw new Refused(`not authorized (http ${reply.status})`);
  }
  if (reply.status !== 200) throw new Refused(`http ${reply.status}`);
  checkJpeg(reply.bytes, reply.contentType);
  return reply.bytes;
}

/** Throws `Refused` unless the bytes are a JPEG from its first mark to its last. */
export function checkJpeg(bytes: Buffer, contentType: string): void {
  if (!bytes.subarray(0, 3).equals(JPEG_START)) {
    throw new Refused(`not a JPEG but ${contentType || "unknown"} of ${bytes.length} bytes`);
  }
  const end = bytes.lastIndexOf(JPEG_END);
  if (end < 0 || end < bytes.length - PADDING_BYTES_MAX) {
    throw new Refused(`JPEG cut short after ${bytes.length} bytes`);
  }
}

/** A picture as the media store takes it. */
export function toMedia(pointId: PointId, bytes: Buffer, timestampMs: number): Media {
  return { name: mediaName(pointId, timestampMs), contentType: "image/jpeg", bytes };
}

/** "gate-cam/snapshot" in 2026 becomes "gate-cam/snapshot/20260102T030405.678Z.jpg". */
export function mediaName(pointId: PointId, timestampMs: number): string {
  const stamp = new Date(timestampMs).toISOString().replace(/[-:]/g, "");
  const steps = pointId.split("/").map((step) => {
    // Letters of all scripts are fine in file names; a step of dots would climb out of the folder.
    const safe = step.replace(/[^\p{L}\p{N}._-]/gu, "_");
    return /^\.*$/.test(safe) ? "_" : safe;
  });
  return `${steps.join("/")}/${stamp}.jpg`;
}
