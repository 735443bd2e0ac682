import { vi } from "vitest";
import type { Store } from "../../src/store.js";

/** Waits until a store's value is as it should be. */
export async function until<T>(store: Store<T>, is: (value: T) => boolean, ms = 15_000): Promise<T> {
  const end = store.subscribe(() => {});
  try {
    return await vi.waitFor(
      () => {
        const value = store.get();
        if (!is(value)) throw new Error(`still ${JSON.stringify(value)?.slice(0, 2_000)}`);
        return value;
      },
      { timeout: ms, interval: 20 },
    );
  } finally {
    end();
  }
}
