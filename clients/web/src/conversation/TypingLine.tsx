import { useTyping } from "threadline/react";
import type { NameOf } from "../people/directory";
import styles from "./TypingLine.module.css";

/** Who is typing. It has its room also when nobody is. */
export function TypingLine({ thread, nameOf }: { thread: string; nameOf: NameOf }) {
  const users = useTyping(thread);
  return (
    <p className={styles.line}>
      {users.length > 0 && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words(users.map(nameOf))}
        </>
      )}
    </p>
  );
}

function words(names: readonly string[]): string {
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
