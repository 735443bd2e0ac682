import { useEffect, useRef } from "react";
import { Button } from "../ui/Button";
import styles from "./Conversations.module.css";

/** The end of what is loaded: coming near it loads more. */
export function More({ loading, load }: { loading: boolean; load: () => Promise<void> }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (loading) return undefined;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void load();
      },
      { root: ref.current!.parentElement, rootMargin: "400px" },
    );
    observer.observe(ref.current!);
    return () => observer.disconnect();
    // A new observer after each page looks again.
  }, [loading, load]);
  return (
    <div ref={ref} className={styles.more}>
      <Button kind="quiet" small disabled={loading} onClick={() => void load()}>
        {loading ? "Loading…" : "Show more conversations"}
      </Button>
    </div>
  );
}
