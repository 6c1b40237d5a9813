import { expect, test } from "vitest";
import { openNameAsker } from "./name-asker.ts";

test("a name has the addresses that this machine knows; what is none is told", async () => {
  const asker = openNameAsker();
  try {
    const found = await Promise.allSettled(
      ["localhost", "localhost", "no-name.invalid", "two\nlocalhost"].map(asker.lookUp),
    );
    expect(found.map(({ status }) => status)).toEqual([
      ...["fulfilled", "fulfilled", "rejected", "rejected"],
    ]);
    const [first] = found;
    const addresses = first?.status === "fulfilled" ? first.value : [];
    expect(addresses.every((one) => one === "127.0.0.1" || one === "::1")).toBe(true);
    expect(addresses).not.toEqual([]);
  } finally {
    asker.close();
  }
});

test("whoever waits when it is closed is told that nobody knows", async () => {
  const asker = openNameAsker();
  const asked = asker.lookUp("localhost");
  asker.close();
  await expect(asked).rejects.toThrow("not known");
});
