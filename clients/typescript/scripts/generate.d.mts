/** The TypeScript of an OpenAPI description. */
export function typesOf(document: unknown): Promise<string>;
/** The description with its keys in order. */
export function canonical<T>(value: T): T;
