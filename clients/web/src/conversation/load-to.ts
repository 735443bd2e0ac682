import type { ThreadHandle } from "threadline";

/** Loads older messages until the one with this number is there, or nothing more comes. */
export async function loadTo(handle: ThreadHandle, number: number, pagesMax: number): Promise<void> {
  for (let pages = 0; pages < pagesMax; pages++) {
    const before = handle.messages.get();
    const first = before.messages[0]?.number;
    if (before.loaded && (!before.hasOlder || first === undefined || first <= number)) return;
    await handle.older();
    const after = handle.messages.get();
    if (!after.loaded || (before.loaded && after.messages[0]?.number === first)) return;
  }
}
