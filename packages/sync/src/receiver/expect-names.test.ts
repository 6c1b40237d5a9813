import { Misconfigured } from "@headgate/model";
import { expect, test } from "vitest";
import { expectNames } from "./expect-names.ts";

test.each([
  [{ receiverId: "a/b" }, 'receiver id "a/b"'],
  [{ receiverId: "" }, 'receiver id ""'],
  [{ root: "headgate/#" }, 'topic root "headgate/#"'],
  [{ root: "headgate/1/" }, 'topic root "headgate/1/"'],
  [{ root: "" }, 'topic root ""'],
  [{ shard: "0+" }, 'shard "0+"'],
])("%j makes no topics", (names, text) => {
  const body = () => expectNames(names);
  expect(body).toThrow(Misconfigured);
  expect(body).toThrow(text);
});

test("what a person would write does", () => {
  expectNames({});
  expectNames({ receiverId: "cloud-2", root: "工厂/headgate/1", shard: "07" });
});
