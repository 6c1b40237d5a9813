import type { Connection, Sample } from "@headgate/model";

/** Has reads of a connection that takes one at a time wait for each other. */
export function oneReadAtATime(connection: Connection): Connection {
  if (connection.schedule) return connection;
  const read = connection.read.bind(connection);
  let reading: Promise<unknown> = Promise.resolve();
  connection.read = (points, signal): Promise<Sample[]> => {
    const next = () => read(points, signal);
    const own = reading.then(next, next);
    reading = own;
    return own;
  };
  return connection;
}
