import type { ErrorBody } from "./api/frames.js";
import type { components } from "./api/schemas.js";

/**
 * What this library itself reports:
 *
 * - `disconnected`: there was no connection, or it ended before the answer
 * - `ends_connection`: the server ends the connection when this is sent
 * - `timeout`: no answer in time; it may have been done
 * - `unreachable`: the server could not be reached by HTTP
 * - `discarded`: it was given up before it was done
 * - `closed`: the client was closed
 * - `outbox_full`: too much waits to be sent
 * - `failed`: something threw that is no {@link ThreadlineError}
 * - `no_token`: `getToken` gave none
 */
export type LocalErrorCode =
  | "disconnected"
  | "ends_connection"
  | "timeout"
  | "unreachable"
  | "discarded"
  | "closed"
  | "outbox_full"
  | "failed"
  | "no_token";

/** What the server reports; later servers may have further codes: treat an unknown one by `retryable`. */
export type ServerErrorCode = components["schemas"]["ErrorCode"];

/** All error codes known to this version. */
export type ErrorCode = ServerErrorCode | LocalErrorCode;

/** A request that was not done. */
export class ThreadlineError extends Error {
  override readonly name = "ThreadlineError";
  readonly code: ErrorCode | (string & {});
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** The field at fault, dotted. */
  readonly field: string | null;
  /** How long to wait before the next try, milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(
    code: ErrorCode | (string & {}),
    message: string,
    retryable: boolean,
    field: string | null = null,
    retryAfterMs: number | null = null,
  ) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.field = field;
    this.retryAfterMs = retryAfterMs;
  }

  /** Makes an error of what the server has answered. */
  static of(body: ErrorBody): ThreadlineError {
    return new ThreadlineError(
      body.code,
      body.detail || body.title,
      body.retryable,
      body.field ?? null,
      body.retry_after_ms ?? null,
    );
  }

  /** Makes an error of whatever was thrown. */
  static from(thrown: unknown): ThreadlineError {
    if (thrown instanceof ThreadlineError) return thrown;
    return local("failed", thrown instanceof Error ? thrown.message : String(thrown), true);
  }
}

/** An error that does not come from the server. */
export function local(code: LocalErrorCode, message: string, retryable = true): ThreadlineError {
  return new ThreadlineError(code, message, retryable);
}
