import { type ComponentProps, useId } from "react";
import styles from "./Field.module.css";

/** A line of text with its label. */
export function Field({ label, hint, ...rest }: ComponentProps<"input"> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        autoComplete="off"
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...rest}
      />
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
