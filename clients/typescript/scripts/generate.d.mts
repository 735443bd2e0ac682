/** The descriptions. */
export const descriptions: readonly string[];
/** Where the types go. */
export const types: string;
/** The TypeScript of the shapes in these descriptions. */
export function typesOf(documents: readonly unknown[]): Promise<string>;
/** The description with its keys in order. */
export function canonical<T>(value: T): T;
