/** Which conversation is open, in the address after `#`: the way back works, and links can be kept. */
import { useSyncExternalStore } from "react";

const THREAD = /^#\/t\/([\w-]+)$/;

export const hrefOf = (thread: string) => `#/t/${thread}`;

/** The open thread's id. */
export function openThread(): string | undefined {
  return THREAD.exec(location.hash)?.[1];
}

export function useOpenThread(): string | undefined {
  return useSyncExternalStore((listener) => {
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, openThread);
}

export function open(thread: string): void {
  location.hash = hrefOf(thread);
}

/** Back to the list. */
export function closeThread(): void {
  location.hash = "#/";
}
