import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { ChatMessage, Sending } from "threadline";
import { useClient, useLimits, useUser } from "threadline/react";
import { oneLine } from "../conversations/preview";
import { IconButton } from "../ui/Button";
import { explain } from "../ui/explain";
import { Icon } from "../ui/Icon";
import styles from "./Composer.module.css";
import { draftOf, keepDraft } from "./drafts";

/** What servers take, characters, until this one has said what it takes. */
const CHARS_MAX = 10_000;
/** How much is left is shown when it is this little. */
const CHARS_LEFT_TOLD = 1_000;
/** What browsers say of keys while a character is being chosen; Safari also of the Enter that ends it. */
const KEY_OF_CHOICE = 229;
const HEIGHT_PX_MAX = 220;

/** The message that what is written answers or changes. */
export interface ComposerTarget {
  readonly kind: "reply" | "edit";
  readonly message: ChatMessage;
}

interface ComposerProps {
  thread: string;
  target: ComposerTarget | undefined;
  nameOf: (user: string) => string;
  onDone: () => void;
  /** The last message of one's own is to be edited. */
  onEditLast: () => void;
}

/** Where one writes. */
export function Composer({ thread, target, nameOf, onDone, onEditLast }: ComposerProps) {
  const handle = useClient().thread(thread);
  const me = useUser();
  const field = useRef<HTMLTextAreaElement>(null);
  const editing = target?.kind === "edit" ? target.message : undefined;
  const [draft, setDraft] = useState(() => draftOf(me, thread));
  const [change, setChange] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const charsMax = useLimits()?.content_chars_max ?? CHARS_MAX;
  const text = editing ? change : draft;
  const left = charsMax - [...text].length;
  const ready = text.trim() !== "" && left >= 0;

  useEffect(() => {
    if (target?.kind === "edit") setChange(target.message.content);
    if (target) field.current?.focus();
  }, [target]);
  useEffect(() => keepDraft(me, thread, draft), [me, thread, draft]);
  useEffect(() => {
    // On telephones that would bring up the keyboard.
    if (!onTouch()) field.current?.focus({ preventScroll: true });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the field is as high as its text, which is read from it
  useLayoutEffect(() => {
    const element = field.current!;
    element.style.height = "0";
    element.style.height = `${Math.min(element.scrollHeight, HEIGHT_PX_MAX)}px`;
  }, [text]);

  const write = (next: string) => {
    setRefusal(undefined);
    if (editing) return setChange(next);
    setDraft(next);
    handle.typing(next.trim() !== "");
  };
  const send = async () => {
    if (!ready) return;
    field.current?.focus();
    if (!editing || text !== editing.content) {
      const sending = editing
        ? handle.edit(editing.id, text)
        : handle.send({ content: text, replyTo: target?.message.id ?? null });
      const refused = await refusedAtOnce(sending);
      setRefusal(refused === undefined ? undefined : `${explain(refused)} Your text is still here.`);
      if (refused !== undefined) return;
    }
    if (!editing) setDraft("");
    onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter ends the choice of a character in some scripts.
    if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === KEY_OF_CHOICE) return;
    // Keyboards on a screen have no other key for a new line, and a button to send is beside it.
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !onTouch()) void send();
    else if (event.key === "Escape" && target) onDone();
    else if (event.key === "ArrowUp" && text === "" && !target) onEditLast();
    else return;
    event.preventDefault();
  };

  return (
    <div className={styles.place}>
      {target && (
        <div className={styles.about}>
          <Icon name={editing ? "edit" : "reply"} size={18} />
          <p>
            <strong>
              {editing
                ? "Editing message"
                : `Replying to ${target.message.sender === me ? "yourself" : nameOf(target.message.sender)}`}
            </strong>
            <span>{oneLine(target.message.content)}</span>
          </p>
          <IconButton icon="close" size={18} label={editing ? "Cancel editing" : "Cancel reply"} onClick={onDone} />
        </div>
      )}
      {refusal && (
        <p role="alert" className={styles.refusal}>
          {refusal}
        </p>
      )}
      <div className={styles.box}>
        <textarea
          ref={field}
          rows={1}
          aria-label="Message"
          placeholder="Write a message"
          value={text}
          dir="auto"
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          onBlur={() => handle.typing(false)}
        />
        {left <= CHARS_LEFT_TOLD && (
          <span className={styles.left} data-over={left < 0}>
            {left}
          </span>
        )}
        <button
          type="button"
          className={styles.send}
          aria-label={editing ? "Save changes" : "Send message"}
          title={editing ? "Save changes" : "Send message"}
          disabled={!ready}
          // The field keeps the focus, and telephones their keyboard.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => void send()}
        >
          <Icon name={editing ? "check" : "send"} size={20} />
        </button>
      </div>
    </div>
  );
}

const onTouch = () => !matchMedia("(hover: hover)").matches;

/** Why something is not even kept for later, if so: that is known before anything else happens. */
async function refusedAtOnce({ sent }: Sending): Promise<unknown> {
  let refusal: unknown;
  sent.catch((thrown: unknown) => {
    refusal = thrown;
  });
  await null;
  return refusal;
}
