import { useSyncExternalStore } from "react";

const subscribeTo = (names: readonly string[], target: EventTarget) => (listener: () => void) => {
  for (const name of names) target.addEventListener(name, listener);
  return () => {
    for (const name of names) target.removeEventListener(name, listener);
  };
};

const onNetwork = subscribeTo(["online", "offline"], window);

/** Whether the browser says that there is a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(onNetwork, () => navigator.onLine);
}
