/** The part of the browsers' WebSocket that this library uses. */
export interface Socket {
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type OpenSocket = (url: string) => Socket;

/** A class such as the browsers' `WebSocket`, or that of the package `ws`. */
export type WebSocketClass = new (url: string) => unknown;

export function socketsOf(given: WebSocketClass | undefined): OpenSocket {
  const found = given ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
  if (!found) throw new Error("there is no WebSocket here: pass one as `webSocket`, such as that of the package ws");
  return (url) => new found(url) as Socket;
}

/** Closes a socket and ignores whatever it still says. */
export function leave(socket: Socket): void {
  socket.onopen = socket.onmessage = socket.onclose = null;
  // Closing a socket of `ws` that is not open yet makes it emit an error.
  socket.onerror = () => {};
  try {
    socket.close(1000);
  } catch {
    // It was not open.
  }
}
