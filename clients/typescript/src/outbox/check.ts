import type { Limits } from "../api/frames.js";
import { ThreadlineError } from "../errors.js";
import type { NewOp } from "./op.js";

/** Nesting of metadata that servers take; `{}` has depth 1. */
const METADATA_DEPTH_MAX = 8;
/** Halves of a character: what is left when a text is cut in the middle of an emoji. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Returns why no server takes this op, as `invalid_field` with the field's name; undefined if it can be sent. Lengths
 * are checked once the server has told its limits.
 */
export function refusalOf(op: NewOp, limits: Limits | null): ThreadlineError | undefined {
  if (op.type === "send") {
    const { content, metadata } = op.draft;
    return contentRefusal("message.content", content, limits) ?? metadataRefusal("message.metadata", metadata, limits);
  }
  if (op.type !== "edit") return undefined;
  return contentRefusal("content", op.content, limits) ?? metadataRefusal("metadata", op.metadata, limits);
}

function contentRefusal(field: string, content: string, limits: Limits | null): ThreadlineError | undefined {
  if (LONE_SURROGATE.test(content))
    return invalid(field, "holds half of a character, as of a text that was cut inside an emoji");
  const charsMax = limits?.content_chars_max ?? Number.POSITIVE_INFINITY;
  // No text has more characters than UTF-16 units.
  if (content.length > charsMax && [...content].length > charsMax) {
    return invalid(field, `has more than ${charsMax} characters`);
  }
  return undefined;
}

function metadataRefusal(field: string, metadata: unknown, limits: Limits | null): ThreadlineError | undefined {
  if (metadata === null) return undefined;
  const wrong = valueFault(metadata, METADATA_DEPTH_MAX);
  if (wrong) return invalid(field, wrong);
  const bytesMax = limits?.metadata_bytes_max ?? Number.POSITIVE_INFINITY;
  if (new TextEncoder().encode(JSON.stringify(metadata)).length > bytesMax) {
    return invalid(field, `has more than ${bytesMax} bytes`);
  }
  return undefined;
}

/** Says what keeps a value from being sent as JSON as it is. */
function valueFault(value: unknown, depthLeft: number): string | undefined {
  if (typeof value === "string") return LONE_SURROGATE.test(value) ? "holds half of a character" : undefined;
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : `holds ${value}, which JSON has no number for`;
  if (typeof value === "bigint") return "holds a bigint, which JSON has no form for";
  if (typeof value !== "object" || value === null) return undefined;
  // Objects that contain themselves end here, too.
  if (depthLeft === 0) return `is nested deeper than ${METADATA_DEPTH_MAX}`;
  for (const [key, inner] of Object.entries(value)) {
    const wrong = valueFault(key, depthLeft) ?? valueFault(inner, depthLeft - 1);
    if (wrong) return wrong;
  }
  return undefined;
}

function invalid(field: string, fault: string): ThreadlineError {
  return new ThreadlineError("invalid_field", `${field} ${fault}`, false, field);
}
