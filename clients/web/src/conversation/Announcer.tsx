import { useEffect, useRef, useState } from "react";
import { useClient, useUser } from "threadline/react";
import { oneLine } from "../conversations/preview";
import { useNames } from "../people/names";

/** New messages are read out at most this often. */
const TOLD_MS = 1_500;

/** Reads out others' new messages; the list itself is silent, for scrolling is no news. */
export function Announcer({ thread }: { thread: string }) {
  const client = useClient();
  const me = useUser();
  const nameOf = useNames();
  const [text, setText] = useState("");
  const names = useRef(nameOf);
  useEffect(() => {
    names.current = nameOf;
  }, [nameOf]);
  useEffect(() => {
    let waiting: { sender: string; content: string }[] = [];
    let timer = 0;
    const tell = () => {
      timer = 0;
      const last = waiting.at(-1)!;
      const more = waiting.length > 1 ? `${waiting.length} new messages. ` : "";
      setText(`${more}${names.current(last.sender)}: ${oneLine(last.content)}`);
      waiting = [];
    };
    const unsubscribe = client.thread(thread).subscribe(({ event }) => {
      if (event.type !== "message_posted" || event.message.sender === me) return;
      waiting.push(event.message);
      timer ||= window.setTimeout(tell, TOLD_MS);
    });
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  }, [client, thread, me]);
  return (
    <p className="unseen" aria-live="polite">
      {text}
    </p>
  );
}
