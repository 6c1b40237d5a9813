import type { Connection, Samples } from "@headgate/model";

/** Has reads of a connection that takes one at a time wait for each other. */
export function oneReadAtATime(connection: Connection): Connection {
  if (connection.schedule) return connection;
  const read = connection.read.bind(connection);
  let reading: Promise<unknown> = Promise.resolve();
  connection.read = (points, signal): Promise<Samples> => {
    const next = () => read(points, signal);
    const own = reading.then(next, next);
    reading = own;
    return own;
  };
  return connection;
}
