import { useEffect } from "react";
import { useClient } from "threadline/react";

/** A page that is hidden this long is one that nobody looks at. */
const AWAY_AFTER_MS = 30_000;

/** Tells the others that one is away while the page is hidden. */
export function useAway(): void {
  const client = useClient();
  useEffect(() => {
    let timer = 0;
    // A tab that was opened behind another one was never looked at.
    if (document.visibilityState === "hidden") client.setPresence("away");
    const onChange = () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible") client.setPresence("active");
      else timer = window.setTimeout(() => client.setPresence("away"), AWAY_AFTER_MS);
    };
    document.addEventListener("visibilitychange", onChange);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onChange);
    };
  }, [client]);
}
