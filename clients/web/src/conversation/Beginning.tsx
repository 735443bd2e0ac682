import type { ThreadlineError } from "threadline";
import { Button } from "../ui/Button";
import { explain } from "../ui/explain";
import { Spinner } from "../ui/Spinner";
import styles from "./Beginning.module.css";

interface BeginningProps {
  height: number;
  /** Whether there is nothing above. */
  isWhole: boolean;
  loading: boolean;
  error: ThreadlineError | null;
  load: () => Promise<void>;
}

/** What stands above the first message; always as high, so that nothing jumps. */
export function Beginning({ height, isWhole, loading, error, load }: BeginningProps) {
  return (
    <div className={styles.beginning} style={{ height }}>
      {isWhole && !loading && <p>This is the beginning of the conversation</p>}
      {!isWhole && !error && <Spinner label="Loading earlier messages" />}
      {!isWhole && error && !loading && (
        <>
          <p>{explain(error)}</p>
          <Button small onClick={() => void load()}>
            Try again
          </Button>
        </>
      )}
    </div>
  );
}
