/** The edge that this page came from, without a slash at its end: it may lie under a path, behind a proxy. */
export function edgeUrl(): string {
  return new URL(".", location.href).href.replace(/[#?].*$/, "").replace(/\/$/, "");
}
