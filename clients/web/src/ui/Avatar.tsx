import { memo } from "react";
import type { PresenceStatus } from "threadline";
import styles from "./Avatar.module.css";

const COLOURS = 10;

/** A stable colour for an id: FNV-1a, mixed once more, for ids that differ in a digit. */
function colourOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % COLOURS;
}

/** One or two letters for a name. */
function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s./_-]+/)
    .filter(Boolean);
  const first = (word: string | undefined) => [...(word ?? "")][0] ?? "";
  const letters = first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "");
  return letters.toUpperCase() || "?";
}

interface AvatarProps {
  /** What the colour is made of: a user's or thread's id. */
  user: string;
  name: string;
  size?: "tiny" | "small" | "medium" | "large";
  presence?: PresenceStatus | undefined;
  square?: boolean;
}

/** Whom something is from. Decoration: the name stands beside it. */
export const Avatar = memo(function Avatar({ user, name, size = "medium", presence, square }: AvatarProps) {
  return (
    <span className={`${styles.avatar} ${styles[size]} ${square ? styles.square : ""}`} data-colour={colourOf(user)}>
      <span aria-hidden="true">{initials(name)}</span>
      {presence && presence !== "offline" && (
        <span
          role="img"
          aria-label={presence === "active" ? "Online" : "Away"}
          className={`${styles.dot} ${styles[presence]}`}
        />
      )}
    </span>
  );
});
