import type { ErrorBody } from "./api/frames.js";

/** A request that was not done. `code` is one of the server's, or one of {@link local} of this library's own. */
export class ThreadlineError extends Error {
  override readonly name = "ThreadlineError";
  constructor(
    readonly code: string,
    message: string,
    /** Whether the same request may succeed later. */
    readonly retryable: boolean,
    /** The field at fault, dotted. */
    readonly field: string | null = null,
    /** How long to wait before the next try, milliseconds. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }

  static of(body: ErrorBody): ThreadlineError {
    return new ThreadlineError(
      body.code,
      body.detail || body.title,
      body.retryable,
      body.field ?? null,
      body.retry_after_ms ?? null,
    );
  }

  /** Whatever was thrown, as one of these. */
  static from(thrown: unknown): ThreadlineError {
    if (thrown instanceof ThreadlineError) return thrown;
    return local("failed", thrown instanceof Error ? thrown.message : String(thrown), true);
  }
}

/** An error that no server told. */
export function local(
  code:
    | "disconnected"
    | "ends_connection"
    | "timeout"
    | "unreachable"
    | "discarded"
    | "closed"
    | "outbox_full"
    | "failed"
    | "no_token",
  message: string,
  retryable = true,
): ThreadlineError {
  return new ThreadlineError(code, message, retryable);
}
