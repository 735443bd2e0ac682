/** The descriptions, and where the types of each go. */
export const descriptions: Record<string, string>;
/** The TypeScript of a description, which has this name. */
export function typesOf(name: string, description: unknown): Promise<string>;
/** The description with its keys in order. */
export function canonical<T>(value: T): T;
