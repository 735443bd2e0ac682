/** Says which ops in a shared storage belong to this client. */
export interface Owner {
  readonly id: string;
  /** Runs while no other client adopts; `alive` says whether an owner still exists. */
  adopt(run: (alive: (owner: string) => boolean) => Promise<void>): Promise<void>;
  /** Gives up this client's ops. */
  close(): void;
}

/** Makes an owner that holds a browser lock while it exists. Without Web Locks, no other owner is considered alive. */
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
