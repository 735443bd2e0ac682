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
  /** The tab's hello, once it was sent. */
  hello?: { text: string; cursor: string | undefined };
  /** Whether the tab has its welcome. */
  in: boolean;
  active: boolean;
}

type Frame = { id?: number; type: string; cursor?: string; status?: string };

/** Time in which further tabs join a new session from its first frame on. */
const GATHER_MS = 50;
const MOVED = 1001;
/** Newest events kept for tabs that join later, characters; older ones are read from the server. */
const RECENT_CHARS_MAX = 262_144;

/** The leading tab's part: holds the one real socket and routes frames between it and the tabs. */
export class Hub {
  #guests = new Map<string, Guest>();
  #socket: Socket | undefined;
  /** The tab whose hello began the session: the session has its token, and ends with it. */
  #owner: string | undefined;
  #welcome: Welcome | undefined;
  #cursor: string | undefined;
  #next = 1;
  #requests = new Map<number, { tab: string; id: number }>();
  #present = new Map<string, string>();
  /** The newest events, which a tab that joins may not find in its reads yet. */
  #recent: string[] = [];
  #recentChars = 0;
  #sentActive = true;
  readonly #openSocket: () => Socket;
  readonly #clock: Clock;

  constructor(openSocket: () => Socket, clock: Clock) {
    this.#openSocket = openSocket;
    this.#clock = clock;
  }

  enter(tab: string, port: Port): void {
    this.exit(tab);
    this.#guests.set(tab, { port, in: false, active: true });
    port.open();
  }

  /** Removes a tab. */
  exit(tab: string): void {
    this.#guests.delete(tab);
    if (tab === this.#owner) this.#end(MOVED, "moved");
    else if (this.#welcome) this.#sendPresence();
  }

  /** Handles a frame from a tab. */
  send(tab: string, text: string): void {
    const guest = this.#guests.get(tab);
    if (!guest) return;
    const frame = JSON.parse(text) as Frame;
    if (frame.type === "hello") return this.#onHello(tab, guest, text, frame.cursor);
    if (frame.type === "presence") {
      guest.active = frame.status === "active";
      return this.#sendPresence();
    }
    if (frame.id === undefined) return this.#forward(text);
    const id = this.#next++;
    this.#requests.set(id, { tab, id: frame.id });
    this.#forward(JSON.stringify({ ...frame, id }));
  }

  #onHello(tab: string, guest: Guest, text: string, cursor: string | undefined): void {
    guest.hello = { text, cursor };
    if (this.#welcome) return this.#greet(guest);
    if (this.#owner !== undefined) return;
    this.#owner = tab;
    const socket = this.#openSocket();
    this.#socket = socket;
    socket.onopen = () => {
      this.#clock.setTimeout(() => {
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
      const asked = this.#requests.get(frame.id);
      this.#requests.delete(frame.id);
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

  /** Passes the welcome on to tabs with the owner's cursor; the others join the session where it is now. */
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

  /** Lets a tab join the session under way: its own reads and the newest events bring it up to date. */
  #greet(guest: Guest): void {
    guest.in = true;
    guest.port.frame(JSON.stringify({ ...this.#welcome!, cursor: this.#cursor, recovered: false }));
    if (guest.hello?.cursor !== undefined) {
      guest.port.frame(JSON.stringify({ type: "resync", threads: [], reason: "too_old" }));
    }
    for (const text of [...this.#present.values(), ...this.#recent]) guest.port.frame(text);
  }

  /** The user is active while one of the tabs is. */
  #sendPresence(): void {
    const active = [...this.#guests.values()].some((guest) => guest.active);
    if (active === this.#sentActive) return;
    this.#sentActive = active;
    this.#forward(JSON.stringify({ type: "presence", status: active ? "active" : "away" }));
  }

  #forward(text: string): void {
    if (this.#welcome) this.#socket?.send(text);
  }

  #end(code: number, reason: string): void {
    const guests = [...this.#guests.values()];
    const socket = this.#socket;
    this.#guests.clear();
    this.#requests.clear();
    this.#present.clear();
    this.#recent = [];
    this.#recentChars = 0;
    this.#socket = this.#owner = this.#welcome = undefined;
    this.#sentActive = true;
    if (socket) leave(socket);
    for (const guest of guests) guest.port.close(code, reason);
  }
}
