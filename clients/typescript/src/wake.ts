/** Calls back when the network or the page comes back, where there is such a thing; returns what ends that. */
export function onWake(wake: () => void): () => void {
  const { addEventListener, removeEventListener, document } = globalThis;
  if (!addEventListener || !document) return () => {};
  const onVisible = () => {
    if (document.visibilityState === "visible") wake();
  };
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
