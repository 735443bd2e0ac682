/** Calls back when the network comes or goes, or the page comes back, where there are such; returns what ends that. */
export function onWake(wake: () => void): () => void {
  const { addEventListener, removeEventListener, document } = globalThis;
  if (!addEventListener || !document) return () => {};
  const onVisible = () => {
    if (document.visibilityState === "visible") wake();
  };
  addEventListener("online", wake);
  addEventListener("offline", wake);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    removeEventListener("online", wake);
    removeEventListener("offline", wake);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
