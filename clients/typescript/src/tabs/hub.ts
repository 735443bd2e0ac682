import type { ServerFrame, Welcome } from "../api/frames.js";
import type { Clock } from "../clock.js";
import { leave, type Socket } from "../net/socket.js";

/** One tab's end of the shared socket. */
export interface Port {
  open(): void;
  frame(text: string): void;
  close(code: number, reason: string): void;
}

interface Guest {
  port: Port;
  /** Its hello's cursor, from when it has said hello. */
  hello?: { text: string; cursor: string | undefined };
  /** Whether it has its welcome. */
  in: boolean;
  active: boolean;
}

type Frame = { id?: number; type: string; cursor?: string; status?: string };

/** Tabs that come right after the socket has opened share its session from the first frame on. */
const GATHER_MS = 50;
const MOVED = 1001;
/** Events that are kept for tabs that are let in later, characters: the views have what is older. */
const RECENT_CHARS_MAX = 262_144;

/** The leading tab's part: one real socket, and what goes to which tab. */
export class Hub {
  #guests = new Map<string, Guest>();
  #socket: Socket | undefined;
  /** Whose hello began the session. Its token counts, and with it the session ends. */
  #owner: string | undefined;
  #welcome: Welcome | undefined;
  #cursor: string | undefined;
  #next = 1;
  #asked = new Map<number, { tab: string; id: number }>();
  #present = new Map<string, string>();
  /** The newest events: reads that a tab makes now may not have them yet. */
  #recent: string[] = [];
  #recentChars = 0;
  #told = true;
  constructor(
    private readonly openSocket: () => Socket,
    private readonly clock: Clock,
  ) {}

  /** A tab opens its end. */
  enter(tab: string, port: Port): void {
    this.exit(tab);
    this.#guests.set(tab, { port, in: false, active: true });
    port.open();
  }

  /** A tab has closed its end, or is gone. */
  exit(tab: string): void {
    this.#guests.delete(tab);
    if (tab === this.#owner) this.#end(MOVED, "moved");
    else if (this.#welcome) this.#tellPresence();
  }

  /** A tab sends a frame. */
  send(tab: string, text: string): void {
    const guest = this.#guests.get(tab);
    if (!guest) return;
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "hello") return this.#onHello(tab, guest, text, frame.cursor);
    if (frame.type === "presence") {
      guest.active = frame.status === "active";
      return this.#tellPresence();
    }
    if (frame.id === undefined) return this.#forward(text);
    const id = this.#next++;
    this.#asked.set(id, { tab, id: frame.id });
    this.#forward(JSON.stringify({ ...frame, id }));
  }

  #onHello(tab: string, guest: Guest, text: string, cursor: string | undefined): void {
    guest.hello = { text, cursor };
    if (this.#welcome) return this.#greet(guest);
    if (this.#owner !== undefined) return;
    this.#owner = tab;
    const socket = this.openSocket();
    this.#socket = socket;
    socket.onopen = () => {
      this.clock.setTimeout(() => {
        if (this.#socket === socket) socket.send(text);
      }, GATHER_MS);
    };
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket) this.#receive(String(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (this.#socket === socket) this.#end(code, reason);
    };
    socket.onerror = () => {};
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    if ("cursor" in frame) this.#cursor = frame.cursor;
    const owner = this.#guests.get(this.#owner!);
    if (frame.type === "welcome") return this.#onWelcome(frame, text, owner?.hello?.cursor);
    if (frame.type === "token_expiring" || frame.type === "drain") return owner?.port.frame(text);
    if (frame.type === "presence") {
      for (const one of frame.users) this.#present.set(one.user, JSON.stringify({ type: "presence", users: [one] }));
    }
    if (frame.type === "event") this.#remember(text);
    if ("id" in frame && frame.id !== undefined) {
      const asked = this.#asked.get(frame.id);
      this.#asked.delete(frame.id);
      if (asked) this.#guests.get(asked.tab)?.port.frame(JSON.stringify({ ...frame, id: asked.id }));
      return;
    }
    for (const guest of this.#guests.values()) if (guest.in) guest.port.frame(text);
  }

  #remember(text: string): void {
    this.#recent.push(text);
    this.#recentChars += text.length;
    while (this.#recentChars > RECENT_CHARS_MAX) this.#recentChars -= this.#recent.shift()!.length;
  }

  /** Those who left off where the owner did have the same session; the others are told where it stands. */
  #onWelcome(welcome: Welcome, text: string, cursor: string | undefined): void {
    this.#welcome = welcome;
    for (const guest of this.#guests.values()) {
      if (!guest.hello) continue;
      if (guest.hello.cursor !== cursor) this.#greet(guest);
      else {
        guest.in = true;
        guest.port.frame(text);
      }
    }
  }

  /** Lets a tab into the session that there is: what it has is brought up by its own reads and the newest events. */
  #greet(guest: Guest): void {
    guest.in = true;
    guest.port.frame(JSON.stringify({ ...this.#welcome!, cursor: this.#cursor, recovered: false }));
    if (guest.hello?.cursor !== undefined) {
      guest.port.frame(JSON.stringify({ type: "resync", threads: [], reason: "too_old" }));
    }
    for (const text of [...this.#present.values(), ...this.#recent]) guest.port.frame(text);
  }

  /** The user is there as long as one of the tabs is looked at. */
  #tellPresence(): void {
    const active = [...this.#guests.values()].some((guest) => guest.active);
    if (active === this.#told) return;
    this.#told = active;
    this.#forward(JSON.stringify({ type: "presence", status: active ? "active" : "away" }));
  }

  #forward(text: string): void {
    if (this.#welcome) this.#socket?.send(text);
  }

  #end(code: number, reason: string): void {
    const guests = [...this.#guests.values()];
    const socket = this.#socket;
    this.#guests.clear();
    this.#asked.clear();
    this.#present.clear();
    this.#recent = [];
    this.#recentChars = 0;
    this.#socket = this.#owner = this.#welcome = undefined;
    this.#told = true;
    if (socket) leave(socket);
    for (const guest of guests) guest.port.close(code, reason);
  }
}
