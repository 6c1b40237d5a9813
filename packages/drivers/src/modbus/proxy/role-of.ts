/** Of the role in a client's certificate: 1.3.6.1.4.1.50316.802.1, as it stands in DER. */
const ROLE_OID = Buffer.from("060b2b0601040183890c862201", "hex");
const BOOLEAN = 0x01;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;

/** The role that a certificate (DER) gives its owner by Modbus/TCP Security; null if none. */
export function roleOf(certificate: Buffer): string | null {
  const at = certificate.indexOf(ROLE_OID);
  if (at < 0) return null;
  let next = at + ROLE_OID.length;
  // An extension may say that it is critical.
  if (certificate[next] === BOOLEAN) next = partAt(certificate, next)?.end ?? certificate.length;
  const wrapped = partAt(certificate, next);
  if (wrapped?.type !== OCTET_STRING) return null;
  const text = partAt(certificate, wrapped.start);
  if (text?.type !== UTF8_STRING || text.end > wrapped.end) return null;
  return certificate.subarray(text.start, text.end).toString("utf8");
}

/** A short part of DER: the type, then one byte of length. No role is longer than 127 bytes. */
function partAt(bytes: Buffer, at: number) {
  const [type, length] = bytes.subarray(at, at + 2);
  if (type === undefined || length === undefined || length > 127) return null;
  const start = at + 2;
  return start + length <= bytes.length ? { type, start, end: start + length } : null;
}
