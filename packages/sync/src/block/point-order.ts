/** Puts samples point by point, keeping the order of arrival within a point: a counting sort. */
export class PointOrder {
  #order = new Uint32Array(1024);
  #places = new Uint32Array(1024);

  /** Positions of the first `count` samples in point-major order. Valid until the next call. */
  sorted(points: Uint32Array, count: number): Uint32Array {
    if (count > this.#order.length) this.#order = new Uint32Array(count * 2);
    let pointMax = 0;
    let isSorted = true;
    let previous = 0;
    for (let index = 0; index < count; index++) {
      const point = points[index] as number;
      if (point < previous) isSorted = false;
      if (point > pointMax) pointMax = point;
      previous = point;
    }
    if (isSorted) {
      for (let index = 0; index < count; index++) this.#order[index] = index;
    } else this.#sort(points, count, pointMax);
    return this.#order;
  }

  #sort(points: Uint32Array, count: number, pointMax: number): void {
    if (pointMax + 2 > this.#places.length) this.#places = new Uint32Array(2 * (pointMax + 2));
    const places = this.#places.fill(0, 0, pointMax + 2);
    for (let index = 0; index < count; index++) {
      const next = (points[index] as number) + 1;
      places[next] = (places[next] as number) + 1;
    }
    for (let point = 1; point <= pointMax; point++) {
      places[point] = (places[point] as number) + (places[point - 1] as number);
    }
    for (let index = 0; index < count; index++) {
      const point = points[index] as number;
      const place = places[point] as number;
      this.#order[place] = index;
      places[point] = place + 1;
    }
  }
}
