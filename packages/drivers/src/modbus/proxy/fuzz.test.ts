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
    const oid = Buffer.from("060b2b0601040183890c862201", "hex");
    fc.assert(
      fc.property(anyBytes, anyBytes, (before, after) => {
        const role = roleOf(Buffer.concat([before, oid, after]));
        expect(role === null || role.length <= 127).toBe(true);
      }),
      RUNS,
    );
    const role = Buffer.concat([oid, Buffer.from("0101ff040a0c086f70657261746f72", "hex")]);
    expect(roleOf(role)).toBe("operator");
    expect(roleOf(Buffer.concat([oid, Buffer.from("040a0c0b6f70657261746f72", "hex")]))).toBe(null);
  });
});
