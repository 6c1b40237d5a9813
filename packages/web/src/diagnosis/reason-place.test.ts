import { expect, test } from "vitest";
import { reasonPlace } from "./reason-place.ts";

/** As drivers say it. */
test.each([
  ["line down: connect to 10.0.0.9:502: connection refused; check the port", "link"],
  ["line down: timeout: no answer from unit 7 within 500 ms", "link"],
  ["the connection was closed", "link"],
  ["timeout: no answer from unit 7 within 500 ms", "answer"],
  ["line down: 10.0.0.9:502: connected, but 2 requests in a row had no answer; x", "answer"],
  ["timeout: no answer from unit 7 within 500 ms, next try in 4 s", "answer"],
  ["not asked: the late answer to an earlier request would pass for this one's", "answer"],
  ["which variant of chint-dtsu666 it is cannot be asked yet: timeout after 500 ms", "answer"],
  ["BadNoCommunication", "answer"],
  ["malformed answer: 3 registers, asked for 2", "damage"],
  ["answered 9 bytes, not 5", "damage"],
  ["12 bytes that are no frame", "damage"],
  ["illegal data address (exception 2)", "exception"],
  ["gateway target failed to respond (exception 11)", "exception"],
  ["no data asked for (error 02)", "exception"],
  ["BadNodeIdUnknown", "exception"],
  ["snapshot of 10.0.0.7/shot: not authorized (http 401)", "exception"],
  ["not a number (0x7fc00000)", "decode"],
  ["not available (filled with FF)", "decode"],
  ["no decimal digits (ab cd)", "decode"],
  ["its scale factor is no power of ten: is 42", "decode"],
  ["no event yet", "nowhere"],
  ["not read", "nowhere"],
] as const)("%s: %s", (reason, place) => {
  expect(reasonPlace(reason)).toBe(place);
});
