import { edgeUrl } from "./edge-url";
import type { Identity } from "./identity";
import type { Person } from "./people";

/** The server gives no development tokens: it is not a development server. */
export class NoDevelopmentTokens extends Error {
  constructor() {
    super("This server knows nobody by name alone. Sign in with a token.");
  }
}

/** The server refuses this person, for good. */
export class Refused extends Error {}

/** The whole answer has to be there by then. */
const ANSWER_MS = 10_000;

/** Asks a development server for a token. */
export async function developmentIdentity(person: Person): Promise<Identity> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    return await asked(person, late.signal);
  } catch (thrown) {
    if (late.signal.aborted) throw new Error("The server did not answer in time.");
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

async function asked({ user, name }: Person, signal: AbortSignal): Promise<Identity> {
  const response = await fetch(`${edgeUrl()}/api/dev/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, name }),
    signal,
  }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  if (response.status === 404 || response.status === 405) throw new NoDevelopmentTokens();
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const { token, expires_at: expires } = body;
  if (!response.ok || typeof token !== "string") {
    const told = [body.detail, body.title].find((text) => typeof text === "string" && text !== "") as
      | string
      | undefined;
    const message = told ?? `The server answered with ${response.status}.`;
    throw response.status < 500 && response.status !== 429 ? new Refused(message) : new Error(message);
  }
  const expiresAt = typeof expires === "number" ? expires * 1_000 : Date.parse(String(expires));
  return { user, name, token, expiresAt: Number.isNaN(expiresAt) ? null : expiresAt, renewable: true };
}
