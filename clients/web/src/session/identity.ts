/** Who is signed in in this tab; another tab may be someone else. */
export interface Identity {
  /** Empty while only the server can say it. */
  readonly user: string;
  readonly name: string;
  readonly token: string;
  /** When the token ends, milliseconds since the epoch; null if it does not say. */
  readonly expiresAt: number | null;
  /** Whether the server gives a new one when this one ends. */
  readonly renewable: boolean;
}

const KEY = "threadline.session";

export function keptIdentity(): Identity | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Identity | null) ?? undefined;
  } catch {
    return undefined;
  }
}

export function keepIdentity(identity: Identity | undefined): void {
  try {
    if (identity) sessionStorage.setItem(KEY, JSON.stringify(identity));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Storage is blocked: a reload asks again.
  }
}

/** Whoever this token is for, as far as it says so itself. The server checks it. */
export function identityOf(token: string): Identity {
  const claims = claimsOf(token);
  const text = (name: string) => (typeof claims[name] === "string" ? (claims[name] as string) : "");
  // With an `oid` the server makes the id of it and the tenant.
  const user = text("oid") ? "" : text("sub");
  const exp = claims.exp;
  return {
    user,
    name: text("name") || text("preferred_username") || user || "You",
    token,
    expiresAt: typeof exp === "number" ? exp * 1_000 : null,
    renewable: false,
  };
}

function claimsOf(token: string): Record<string, unknown> {
  const body = token.split(".")[1];
  if (!body) throw new Error("This is not a token: it has three parts with dots between them.");
  try {
    const bytes = Uint8Array.from(atob(body.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new Error("This is not a token: its middle part cannot be read.");
  }
}
