import type { Op } from "./op.js";

/** Keeps ops across pages. Calls must take effect in the order in which they were made. */
export interface OutboxStorage {
  /** Returns all ops of a scope. */
  load(scope: string): Promise<Op[]>;
  /** Adds or replaces an op. */
  save(op: Op): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Makes a storage in memory; several clients may share it. */
export function memoryStorage(): OutboxStorage {
  const ops = new Map<string, Op>();
  return {
    load: async (scope) => [...ops.values()].filter((op) => op.scope === scope),
    save: async (op) => void ops.set(op.id, op),
    remove: async (id) => void ops.delete(id),
  };
}

const STORE = "outbox";

/** Makes a storage in IndexedDB: it survives restarts, and tabs share it. */
export function indexedDbStorage(name = "threadline", factory: IDBFactory = indexedDB): OutboxStorage {
  let opened: Promise<IDBDatabase> | undefined;
  const open = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => {
        // Another tab may have a newer layout.
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
    });
  const run = async <T>(
    mode: IDBTransactionMode,
    act: (store: IDBObjectStore) => IDBRequest<T>,
    again = true,
  ): Promise<T> => {
    opened ??= open();
    const database = opened;
    try {
      const transaction = (await database).transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      return await new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve(request.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } catch (thrown) {
      // Browsers close connections, sometimes without an event: another one may work.
      if (opened === database) opened = undefined;
      if (again) return run(mode, act, false);
      throw thrown;
    }
  };
  return {
    load: async (scope) => (await run<Op[]>("readonly", (store) => store.getAll())).filter((op) => op.scope === scope),
    save: async (op) => void (await run("readwrite", (store) => store.put(op))),
    remove: async (id) => void (await run("readwrite", (store) => store.delete(id))),
  };
}
