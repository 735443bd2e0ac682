import { memo, useState } from "react";
import styles from "./Content.module.css";

/** Longer texts are shown in part until one asks for the rest. */
const CHARS_SHOWN = 1_600;
const LINES_SHOWN = 24;

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const ONLY_EMOJI =
  /^(?=[\s\S]*\p{Extended_Pictographic})(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\s])+$/u;
const EMOJI_CHARS_MAX = 24;

/** A message's text. It is text all the way: links in it are found here, nothing in it is markup. */
export const Content = memo(function Content({ text, tabbed }: { text: string; tabbed: boolean }) {
  // What is in a message is reached from that message.
  const tabIndex = tabbed ? 0 : -1;
  const [whole, setWhole] = useState(false);
  const shown = whole ? text : shortened(text);
  const large = isEmoji(text);
  return (
    <>
      <span data-text="" dir="auto" className={`${styles.text} ${large ? styles.large : ""}`}>
        {linked(shown, tabIndex)}
      </span>
      {shown !== text && (
        <button type="button" tabIndex={tabIndex} className={styles.more} onClick={() => setWhole(true)}>
          Show more
        </button>
      )}
    </>
  );
});

/** Whether there are a few emoji in it and nothing else. */
export function isEmoji(text: string): boolean {
  return text.length <= EMOJI_CHARS_MAX && ONLY_EMOJI.test(text);
}

function shortened(text: string): string {
  if (text.length <= LINES_SHOWN) return text;
  const lines = text.split("\n", LINES_SHOWN + 1);
  const part = lines.slice(0, LINES_SHOWN).join("\n").slice(0, CHARS_SHOWN);
  // A few more words are no reason for a button.
  return text.length - part.length > CHARS_SHOWN / 8 || lines.length > LINES_SHOWN ? `${part.trimEnd()}…` : text;
}

function linked(text: string, tabIndex: number) {
  if (!/https?:\/\//i.test(text)) return text;
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const href = trimmed(match[0]);
    if (!isWeb(href)) continue;
    const to = match.index + href.length;
    parts.push(text.slice(from, match.index));
    parts.push(
      <a key={match.index} href={href} tabIndex={tabIndex} target="_blank" rel="noopener noreferrer">
        {href}
      </a>,
    );
    from = to;
  }
  return [...parts, text.slice(from)];
}

/** Without what belongs to the sentence around it. */
function trimmed(link: string): string {
  let end = link.replace(/[.,;:!?*_~]+$/, "");
  while (end.endsWith(")") && end.split("(").length < end.split(")").length)
    end = end.slice(0, -1).replace(/[.,;:!?]+$/, "");
  return end;
}

function isWeb(href: string): boolean {
  try {
    return /^https?:$/.test(new URL(href).protocol);
  } catch {
    return false;
  }
}
