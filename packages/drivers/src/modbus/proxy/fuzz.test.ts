import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRead } from "../request.ts";
import { takeFrame } from "./client-frames.ts";
import { answerPdu, exceptionPdu, parseRequest } from "./client-request.ts";
import { roleOf } from "./role-of.ts";

const RUNS = { numRuns: 2000 };
const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe("whatever a client sends", () => {
  it("is a frame, half a frame or garbage, and never more than it sent", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const taken = takeFrame(bytes);
        if (taken === null || taken === "garbage") return;
        const { frame, rest } = taken;
        expect(frame.pdu.length).toBeGreaterThan(0);
        expect(frame.pdu.length + rest.length + 7).toBe(bytes.length);
      }),
      RUNS,
    );
  });

  it("is a request within the standard's limits, or an exception", () => {
    const codes = fc.constantFrom(1, 2, 3, 4, 5, 6, 15, 16, 22, 43, 0x83);
    fc.assert(
      fc.property(codes, anyBytes, (code, bytes) => {
        const pdu = Buffer.concat([Buffer.from([code]), bytes]);
        const request = parseRequest({ transactionId: 1, unitId: 1, pdu });
        if (typeof request === "number") {
          expect(exceptionPdu(pdu, request)).toEqual(Buffer.from([code | 0x80, request]));
          return;
        }
        const { from } = request;
        const count = isRead(request)
          ? request.count
          : "bits" in request
            ? request.bits.length
            : request.bytes.length / 2;
        expect(count).toBeGreaterThan(0);
        expect(from + count).toBeLessThanOrEqual(0x10000);
        const values = Buffer.alloc(isRead(request) ? 250 : 0);
        expect(answerPdu(request, pdu, values)[0]).toBe(code);
      }),
      RUNS,
    );
  });

  it("has a role in its certificate, or none", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (before, after) => {
        roleOf(Buffer.concat([before, ROLE, after]));
        roleOf(certificate({ extensions: [Buffer.concat([before, ROLE, after])] }));
      }),
      RUNS,
    );
    const operator = utf8("operator");
    expect(roleOf(certificate({ extensions: [der(0x30, ROLE, operator)] }))).toBe("operator");
    const critical = der(0x30, ROLE, Buffer.from("0101ff", "hex"), operator);
    const other = der(0x30, Buffer.from("0603551d0f", "hex"), utf8("admin"));
    expect(roleOf(certificate({ extensions: [other, critical] }))).toBe("operator");
    expect(roleOf(certificate({ extensions: [other] }))).toBe(null);
    expect(roleOf(certificate({ extensions: [der(0x30, ROLE, Buffer.from("0400", "hex"))] }))).toBe(
      null,
    );
  });

  it("has no role by what its owner asked to be called", () => {
    const subject = Buffer.concat([ROLE, utf8("admin")]);
    expect(roleOf(certificate({ subject, extensions: [] }))).toBe(null);
    const extensions = [der(0x30, ROLE, utf8("viewer"))];
    expect(roleOf(certificate({ subject, extensions }))).toBe("viewer");
  });
});

const ROLE = Buffer.from("060b2b0601040183890c862201", "hex");
const utf8 = (text: string) => der(0x04, der(0x0c, Buffer.from(text)));

function der(type: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [type, length] : [type, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

/** As much of a certificate as is looked at. */
function certificate(given: { subject?: Buffer; extensions: readonly Buffer[] }): Buffer {
  const { subject = Buffer.alloc(0), extensions } = given;
  const signed = [der(0x02, Buffer.from([1])), der(0x30, subject)];
  return der(0x30, der(0x30, ...signed, der(0xa3, der(0x30, ...extensions))), der(0x30));
}
