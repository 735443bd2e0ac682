/** Bytes that each entry may have, minified and gzipped. */
export const bounds: Record<string, number>;
/** The bytes that an entry has. */
export function sizeOf(entry: string): Promise<number>;
