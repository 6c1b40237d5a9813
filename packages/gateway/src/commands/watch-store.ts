import type { Store } from "@headgate/sync/receiver";

/** A store whose loss ends all that uses it. */
export interface WatchedStore {
  readonly store: Store;
  /** Aborts when the store is lost, or with the signal that was given. */
  readonly signal: AbortSignal;
  /** Aborts the signal. */
  end(): void;
  /** What a commit failed with; null as long as none did. */
  lost(): unknown;
}

/** A commit that fails is the end of this handle: what lies on the disk is told by the next. */
export function watchStore(inner: Store, signal: AbortSignal): WatchedStore {
  const over = new AbortController();
  const end = () => over.abort();
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  let loss: unknown = null;
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      loss ??= error;
      end();
      throw error;
    }
  };
  // Whatever else a store can do, it does itself.
  const store = new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "commit" && name !== "addPointList") return member.bind(target);
      return (...args: unknown[]) => watched(Promise.resolve(member.apply(target, args)));
    },
  });
  return {
    store,
    signal: over.signal,
    end: () => {
      signal.removeEventListener("abort", end);
      end();
    },
    lost: () => loss,
  };
}
