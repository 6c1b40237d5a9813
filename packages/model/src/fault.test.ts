import { describe, expect, it } from "vitest";
import { describeError, Unreachable } from "./fault.ts";

describe("the text of a fault", () => {
  it("tells its causes once", () => {
    const refused = new Error("connect ECONNREFUSED 127.0.0.1:502");
    const told = new Unreachable(`connect to plc: ${refused.message}; check it`, {
      cause: refused,
    });
    expect(describeError(told)).toBe(
      "connect to plc: connect ECONNREFUSED 127.0.0.1:502; check it",
    );
    const bare = new Unreachable("connect to plc", { cause: told });
    expect(describeError(bare)).toBe(`connect to plc: ${told.message}`);
  });

  it("is made of anything thrown", () => {
    expect(describeError("gone")).toBe("gone");
    expect(describeError(new Error("gone"))).toBe("gone");
  });
});
