import { useEffect } from "react";

/** The window's title and icon tell what is unread. */
export function useTitle(unread: number, thread: string | undefined): void {
  useEffect(() => {
    const name = thread ? `${thread} – Threadline` : "Threadline";
    document.title = unread > 0 ? `(${unread > 999 ? "999+" : unread}) ${name}` : name;
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = unread > 0 ? "favicon-unread.svg" : "favicon.svg";
    return () => {
      document.title = "Threadline";
      if (icon) icon.href = "favicon.svg";
    };
  }, [unread, thread]);
}
