import styles from "./Spinner.module.css";

/** Something is on its way. */
export function Spinner({ label }: { label: string }) {
  return <span role="img" aria-label={label} className={styles.spinner} />;
}
