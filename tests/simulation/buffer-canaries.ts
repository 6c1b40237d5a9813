import { type Buffer, extentOf } from "@headgate/model";
import type { BufferOptions } from "@headgate/sync/buffer";
import { countOf, differenceOf, spansOf } from "@headgate/sync/cores";

const BACKLOG_BLOCKS = 40;

/** Moves the cursor over what is read, as if it had arrived. */
export function acknowledgingAtRead(buffer: Buffer, { uplinkIds }: BufferOptions): Buffer {
  return {
    ...buffer,
    async read(range, limits) {
      const entries = await buffer.read(range, limits);
      const spans = spansOf(entries.map(extentOf));
      for (const uplinkId of uplinkIds) {
        await buffer.acknowledge(
          uplinkId,
          spans.map((span) => ({ ...range, ...span })),
        );
      }
      return entries;
    },
  };
}

/** A buffer that takes all for delivered when the list of points has changed. */
export function forgettingRenamed(): (buffer: Buffer, options: BufferOptions) => Buffer {
  let known = "";
  return (buffer, { pointIds, uplinkIds }) => {
    const isChanged = known !== "" && known !== pointIds.join();
    known = pointIds.join();
    if (!isChanged) return buffer;
    for (const { stream, epoch, headSeq } of buffer.status().epochs) {
      const all = { stream, epoch, first: 1, last: headSeq };
      for (const uplinkId of uplinkIds) void buffer.acknowledge(uplinkId, [all]);
    }
    return buffer;
  };
}

/** A buffer that tells of new blocks only once the backlog is through. */
export function tellingLate(buffer: Buffer, { uplinkIds }: BufferOptions): Buffer {
  let frozenAt: number | null = null;
  return {
    ...buffer,
    status() {
      const status = buffer.status();
      const main = status.epochs.find((one) => one.isCurrent && one.stream === "main");
      if (!main) return status;
      const cursor = status.cursors.get(uplinkIds[0] ?? "") ?? [];
      const held = spansOf(cursor.filter(({ epoch }) => epoch === main.epoch));
      const pendingUpTo = (last: number) => {
        return countOf(differenceOf([{ first: main.tailSeq, last }], held));
      };
      if (pendingUpTo(main.headSeq) > BACKLOG_BLOCKS) frozenAt ??= main.headSeq;
      if (frozenAt !== null && pendingUpTo(frozenAt) === 0) frozenAt = null;
      const headSeq = Math.min(main.headSeq, frozenAt ?? main.headSeq);
      const told = { ...main, headSeq };
      return { ...status, epochs: status.epochs.map((one) => (one === main ? told : one)) };
    },
  };
}
