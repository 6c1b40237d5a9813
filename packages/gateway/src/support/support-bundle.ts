import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { describeError } from "@headgate/model";
import { type Redact, redactedJson } from "./redact.ts";

const compress = promisify(gzip);

/** Of one section, before it is compressed: with all of them a mail still takes it. */
const SECTION_BYTES_MAX = 2 * 1024 * 1024;

/** What a bundle holds: each section is asked for when its turn comes. */
export type BundleSections = Readonly<Record<string, () => unknown>>;

/**
 * Lines of JSON, one for each section, without secrets, compressed. What cannot be had is said in
 * its place: a bundle is wanted most where something is broken.
 */
export async function supportBundle(
  sections: BundleSections,
  redact: Redact,
  sectionBytesMax = SECTION_BYTES_MAX,
): Promise<Buffer> {
  const lines: string[] = [];
  for (const [section, look] of Object.entries(sections)) {
    const content = await told(look);
    const line = redactedJson({ section, ...content }, redact);
    const bytes = Buffer.byteLength(line);
    const isTooLarge = bytes > sectionBytesMax;
    lines.push(isTooLarge ? JSON.stringify({ section, tooLargeBytes: bytes }) : line);
  }
  return await compress(lines.map((line) => `${line}\n`).join(""));
}

async function told(look: () => unknown): Promise<{ content: unknown } | { fault: string }> {
  try {
    return { content: await look() };
  } catch (error) {
    return { fault: describeError(error) };
  }
}
