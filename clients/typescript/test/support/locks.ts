/** The browser's locks, as far as they are used: exclusive, first come first served. A tab can vanish with its locks. */
export class FakeLocks {
  #held = new Map<string, { tab: string; free: () => void }>();
  #waiting: { name: string; tab: string; grant: () => void }[] = [];

  /** The locks as one tab sees them. */
  of(tab: string): LockManager {
    const request = async (name: string, ...rest: unknown[]) => {
      const run = rest.at(-1) as (lock: unknown) => unknown;
      const { ifAvailable } = (rest.length > 1 ? rest[0] : {}) as { ifAvailable?: boolean };
      if (this.#held.has(name)) {
        if (ifAvailable) return run(null);
        await new Promise<void>((grant) => this.#waiting.push({ name, tab, grant }));
      }
      let free = () => {};
      const freed = new Promise<void>((resolve) => {
        free = resolve;
      });
      this.#held.set(name, { tab, free });
      await Promise.race([run({ name }), freed]);
      this.#release(name);
    };
    const query = async () => ({ held: [...this.#held.keys()].map((name) => ({ name })), pending: [] });
    return { request, query } as unknown as LockManager;
  }

  /** The tab is gone, and its locks with it. */
  vanish(tab: string): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.tab !== tab);
    for (const { tab: holder, free } of [...this.#held.values()]) if (holder === tab) free();
  }

  #release(name: string): void {
    this.#held.delete(name);
    const next = this.#waiting.findIndex((waiting) => waiting.name === name);
    if (next >= 0) this.#waiting.splice(next, 1)[0]!.grant();
  }
}
