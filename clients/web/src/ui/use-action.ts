import { useState } from "react";
import { explain } from "./explain";

/** Something that takes time and can fail, once at a time. */
export function useAction<Args extends unknown[]>(action: (...args: Args) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = async (...args: Args) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await action(...args);
    } catch (thrown) {
      setError(explain(thrown));
    }
    setBusy(false);
  };
  return { run, busy, error };
}
