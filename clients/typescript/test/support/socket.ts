import type { ClientFrame, ServerFrame } from "../../src/api/frames.js";
import type { Socket } from "../../src/net/socket.js";

export type Sent = ClientFrame & { id?: number };

/** One socket as the library sees it, and the other side of it for a test. */
export class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  /** Frames from the client. */
  readonly sent: Sent[] = [];
  /** Whether the client closed it. */
  closed = false;
  /** Called with every frame from the client. */
  onsent: (frame: Sent) => void = () => {};
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    if (this.closed) throw new Error("the socket is closed");
    const frame = JSON.parse(text) as Sent;
    this.sent.push(frame);
    this.onsent(frame);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.({});
  }

  receive(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code = 1006, reason = ""): void {
    this.closed = true;
    this.onclose?.({ code, reason });
  }

  /** The last frame of this type. */
  last<T extends Sent["type"]>(type: T): Extract<Sent, { type: T }> & { id: number } {
    const found = this.sent.findLast((frame) => frame.type === type);
    if (!found) throw new Error(`no ${type} was sent`);
    return found as Extract<Sent, { type: T }> & { id: number };
  }
}

/** A class to open sockets with, and those that were opened. */
export function sockets(onopened: (socket: FakeSocket) => void = () => {}) {
  const opened: FakeSocket[] = [];
  class Opened extends FakeSocket {
    constructor(url: string) {
      super(url);
      opened.push(this);
      onopened(this);
    }
  }
  return { opened, webSocket: Opened, last: () => opened.at(-1)! };
}

export const limits = {
  frame_bytes_max: 65_536,
  frames_per_second_max: 50,
  content_chars_max: 10_000,
  metadata_bytes_max: 8_192,
};

export function welcome(user = "ann", cursor = "c0", recovered = false): ServerFrame {
  return { type: "welcome", user, cursor, recovered, heartbeat_ms: 25_000, limits, time: "2026-01-31T12:00:00.000Z" };
}
