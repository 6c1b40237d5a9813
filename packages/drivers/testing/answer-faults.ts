/**
 * What goes wrong between a device and who asks it. All switches are off at first, may be switched
 * at any time, and may be combined.
 */
export interface AnswerFaults {
  /** The others act on each so-manieth request of a connection: 1 is all of them. */
  every: number;
  /** It hears nothing. */
  isSilent: boolean;
  /** It answers late. Answers keep their order, as those of a real device do. */
  delayMs: number;
  /** Answers end after this many bytes. */
  truncatedTo: number | null;
  /** Every byte of the answer is another one. */
  isGarbage: boolean;
  /** One bit of the answer is wrong. Modbus TCP has no checksum of its own: its header is hit. */
  isGarbled: boolean;
  /** A byte of the answer is lost on the way. */
  losesByte: boolean;
  /** Bytes before each answer, as a bad line makes them. */
  noise: Buffer;
  /** Each answer goes out twice. */
  isDoubled: boolean;
  /** Each request comes back before its answer, as from an adapter that hears itself. */
  isEchoing: boolean;
  /** Pause after each byte of an answer. */
  byteGapMs: number;
  /**
   * Instead of an answer: "reset" breaks the connection, "end" closes it, "half" closes it in the
   * middle of the answer. A serial port does not mind.
   */
  hangUp: "reset" | "end" | "half" | null;
  /** Half-open: after so many requests a connection is never heard again; new ones are. */
  deafAfter: number | null;
}

/** A device without a fault. */
export function noFaults(): AnswerFaults {
  return {
    every: 1,
    isSilent: false,
    delayMs: 0,
    truncatedTo: null,
    isGarbage: false,
    isGarbled: false,
    losesByte: false,
    noise: Buffer.alloc(0),
    isDoubled: false,
    isEchoing: false,
    byteGapMs: 0,
    hangUp: null,
    deafAfter: null,
  };
}

/** What only Modbus devices can get wrong. */
export interface ModbusFaults extends AnswerFaults {
  /** Answers carry another unit's id. */
  answersAsUnit: number | null;
  /** Answers carry another function code. */
  isOtherFunction: boolean;
  /** Answers carry another transaction id (Modbus TCP). */
  isOtherId: boolean;
  /** The length in the header is the largest there is (Modbus TCP). */
  isEndless: boolean;
  /** Every request gets this exception. */
  exception: number | null;
}

/** A Modbus device without a fault. */
export function noModbusFaults(): ModbusFaults {
  return {
    ...noFaults(),
    answersAsUnit: null,
    isOtherFunction: false,
    isOtherId: false,
    isEndless: false,
    exception: null,
  };
}

/** What happens to the next request of a connection. */
export function faultsNow<Faults extends AnswerFaults>(
  faults: Faults,
  well: Faults,
  count: number,
): Faults {
  return count % Math.max(1, faults.every) === 0 ? faults : well;
}
