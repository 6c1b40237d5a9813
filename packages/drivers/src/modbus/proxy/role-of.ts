/** Of the role in a client's certificate: 1.3.6.1.4.1.50316.802.1, as it stands in DER. */
const ROLE_OID = Buffer.from("060b2b0601040183890c862201", "hex");
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
/** RFC 5280, 4.1: where a certificate's extensions are. */
const EXTENSIONS = 0xa3;

/**
 * The role that a certificate (DER) gives its owner by Modbus/TCP Security; null if none. Only what
 * stands among its extensions counts: its other parts are what its owner asked to be called.
 */
export function roleOf(certificate: Buffer): string | null {
  const [whole] = partsOf(certificate);
  const [signed] = inside(whole, SEQUENCE);
  const wrapped = inside(signed, SEQUENCE).find(({ type }) => type === EXTENSIONS);
  const [list] = inside(wrapped, EXTENSIONS);
  for (const extension of inside(list, SEQUENCE)) {
    const [oid, ...more] = inside(extension, SEQUENCE);
    if (!oid?.all.equals(ROLE_OID)) continue;
    // It may say in between that it is critical.
    const [role] = inside(more.at(-1), OCTET_STRING);
    return role?.type === UTF8_STRING ? role.content.toString("utf8") : null;
  }
  return null;
}

interface Part {
  readonly type: number;
  readonly all: Buffer;
  readonly content: Buffer;
}

function inside(part: Part | undefined, type: number): readonly Part[] {
  return part?.type === type ? partsOf(part.content) : [];
}

/** The parts of DER, one after the other; none from the first on that is not whole. */
function partsOf(bytes: Buffer): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const first = bytes[at + 1] as number;
    // Longer than 127 bytes: so many bytes of length follow.
    const lengthBytes = first > 0x80 ? first - 0x80 : 0;
    const start = at + 2 + lengthBytes;
    if (lengthBytes > 3 || start > bytes.length) break;
    const length = lengthBytes > 0 ? bytes.readUIntBE(at + 2, lengthBytes) : first;
    const end = start + length;
    if (end > bytes.length) break;
    const [all, content] = [bytes.subarray(at, end), bytes.subarray(start, end)];
    parts.push({ type: bytes[at] as number, all, content });
    at = end;
  }
  return parts;
}
