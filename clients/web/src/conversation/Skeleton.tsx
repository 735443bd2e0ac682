import styles from "./Skeleton.module.css";

const widths = [46, 30, 58, 38, 52, 26];

/** A conversation's shape while it is loaded. */
export function Skeleton() {
  return (
    <div className={`${styles.skeleton} breathing`} role="status" aria-label="Loading messages">
      {widths.map((width, at) => (
        <span key={width} data-mine={at % 3 === 2} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
