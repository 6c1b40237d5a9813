/** Edits (insert, delete, replace, swap of neighbours) between two words. */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const cost = new Uint16Array((from.length + 1) * width);
  const at = (row: number, column: number) => cost[row * width + column] ?? 0;
  for (let row = 0; row <= from.length; row++) {
    for (let column = 0; column <= to.length; column++) {
      let best = row === 0 ? column : at(row - 1, column) + 1;
      if (row > 0 && column > 0) {
        const replaced = from[row - 1] === to[column - 1] ? 0 : 1;
        best = Math.min(best, at(row, column - 1) + 1, at(row - 1, column - 1) + replaced);
        const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
        if (row > 1 && column > 1 && isSwap) best = Math.min(best, at(row - 2, column - 2) + 1);
      }
      cost[row * width + column] = best;
    }
  }
  return at(from.length, to.length);
}

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_ ]/g, "");

/** The candidate a person most likely meant, or null if none is near. Case and dashes are free. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  // One edit makes every single letter any other: there is no nearest then.
  let bestDistance = word.length < 2 ? 0.5 : Math.max(1, Math.floor(word.length * 0.4)) + 0.5;
  for (const candidate of candidates) {
    const isPart = word.length >= 3 && plain(candidate).startsWith(plain(word));
    const distance = isPart ? 1 : editDistance(plain(word), plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
