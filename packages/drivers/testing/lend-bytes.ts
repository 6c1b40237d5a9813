const MEMORY_BYTES = 4096;
const POISON = 0xee;

/** Hands over bytes as a wire may that only lends them: what is kept of them turns to rubbish. */
export function lendBytes(onBytes: (bytes: Buffer) => void): (bytes: Buffer) => void {
  const memory = Buffer.alloc(MEMORY_BYTES);
  let lent = memory.subarray(0, 0);
  return (bytes) => {
    if (lent.length !== bytes.length) lent = memory.subarray(0, bytes.length);
    lent.set(bytes);
    onBytes(lent);
    memory.fill(POISON);
  };
}
