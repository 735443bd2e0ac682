/** Which ops in a storage are this client's to do, where several clients share it. */
export interface Owner {
  /** This client's name. */
  readonly id: string;
  /** Runs while no other client looks for orphans; tells which owners are alive. */
  adopt(run: (alive: (owner: string) => boolean) => Promise<void>): Promise<void>;
  /** This client is no more. */
  close(): void;
}

/** Owners that hold a lock of the browser as long as they live. Without such locks nobody else is thought to live. */
export function owner(id: string, locks: LockManager | undefined = globalThis.navigator?.locks): Owner {
  if (!locks) {
    let turn: Promise<void> = Promise.resolve();
    const adopt: Owner["adopt"] = (run) => (turn = turn.catch(() => {}).then(() => run((other) => other === id)));
    return { id, adopt, close: () => {} };
  }
  const name = (owner: string) => `threadline owner ${owner}`;
  let close = () => {};
  const held = new Promise<void>((resolve) => {
    close = resolve;
  });
  const mine = new Promise<void>((resolve) => {
    void locks.request(name(id), () => {
      resolve();
      return held;
    });
  });
  return {
    id,
    close,
    adopt: async (run) => {
      await mine;
      await locks.request("threadline adopts", async () => {
        const alive = new Set((await locks.query()).held?.map((lock) => lock.name));
        await run((other) => alive.has(name(other)));
      });
    },
  };
}
