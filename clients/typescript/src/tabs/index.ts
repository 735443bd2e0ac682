/** One connection for all tabs of a browser. */
import { type Clock, systemClock, Timer } from "../clock.js";
import { leave, type Socket, type WebSocketClass } from "../net/socket.js";
import { Hub, type Port } from "./hub.js";

/** The part of a BroadcastChannel that this library uses. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export interface SharedOptions {
  /** The user: tabs of different users do not share a connection. */
  user: string;
  webSocket?: WebSocketClass;
  locks?: LockManager | undefined;
  channel?: (name: string) => Channel;
  clock?: Clock;
}

/** Messages between a tab and the leading one. `to` or `from` names the tab. */
type Question = { type: "enter" | "exit"; from: string } | { type: "send"; from: string; text: string };
type Answer =
  | { type: "open"; to: string }
  | { type: "frame"; to: string; text: string }
  | { type: "close"; to: string; code: number; reason: string };
type Note = { type: "lead" } | Question | Answer;

/** When the leading tab does not answer in this time, a tab opens a socket of its own. */
const ANSWER_MS = 3_000;
const ABNORMAL = 1006;

/**
 * A WebSocket class whose sockets share one connection among the tabs of a browser, for `createClient`'s `webSocket`.
 * Where the browser has no Web Locks or BroadcastChannel, every tab has its own.
 */
export function sharedWebSocket(options: SharedOptions): WebSocketClass {
  const plain = options.webSocket ?? (WebSocket as WebSocketClass);
  const locks = "locks" in options ? options.locks : globalThis.navigator?.locks;
  const channelOf = options.channel ?? ("BroadcastChannel" in globalThis ? broadcast : undefined);
  if (!locks || !channelOf) return plain;
  const tabs = new Map<string, Tab>();
  const { user, clock = systemClock } = options;
  const tabOf = (url: string) => {
    const name = `threadline socket ${url} ${user}`;
    const tab = tabs.get(url) ?? new Tab(() => new plain(url) as Socket, name, locks, channelOf(name), clock);
    tabs.set(url, tab);
    return tab;
  };
  // Called with `new`: what it returns is the instance.
  function sharedSocket(url: string): Socket {
    return tabOf(url).socket();
  }
  return sharedSocket as unknown as WebSocketClass;
}

const broadcast = (name: string): Channel => new BroadcastChannel(name) as Channel;

/** This tab among the others. */
class Tab {
  readonly #id = crypto.randomUUID();
  /** Resolved once it is known whether another tab leads. */
  readonly #ready: Promise<void>;
  #hub: Hub | undefined;
  #end: End | undefined;

  readonly #open: () => Socket;
  readonly #channel: Channel;
  readonly #clock: Clock;

  constructor(open: () => Socket, name: string, locks: LockManager, channel: Channel, clock: Clock) {
    this.#open = open;
    this.#channel = channel;
    this.#clock = clock;
    channel.onmessage = ({ data }) => this.#onNote(data as Note);
    globalThis.addEventListener?.("pagehide", () => this.#end?.close());
    this.#ready = new Promise((resolve) => {
      void locks.request(name, { ifAvailable: true }, (lock) => {
        if (lock) return this.#lead(resolve);
        resolve();
        void locks.request(name, () => this.#lead(resolve));
        return undefined;
      });
    });
  }

  /** This tab's end of the connection. */
  socket(): Socket {
    const end = new End(
      (text) => (this.#hub ? this.#hub.send(this.#id, text) : this.#post({ type: "send", from: this.#id, text })),
      () => {
        if (this.#end === end) this.#end = undefined;
        if (this.#hub) this.#hub.exit(this.#id);
        else this.#post({ type: "exit", from: this.#id });
      },
      this.#clock,
    );
    this.#end = end;
    void this.#ready.then(() => {
      if (this.#end !== end) return;
      if (this.#hub) this.#hub.enter(this.#id, end);
      else {
        end.fallBack(this.#open, ANSWER_MS);
        this.#post({ type: "enter", from: this.#id });
      }
    });
    return end;
  }

  /** Leads until the tab is closed. */
  #lead(ready: () => void): Promise<void> {
    this.#hub = new Hub(this.#open, this.#clock);
    // Tabs that used the previous leader reconnect.
    this.#post({ type: "lead" });
    this.#end?.close(ABNORMAL, "leader_gone");
    ready();
    return new Promise(() => {});
  }

  #post(note: Note): void {
    this.#channel.postMessage(note);
  }

  #onNote(note: Note): void {
    if (note.type === "lead") return this.#end?.close(ABNORMAL, "leader_gone");
    if ("to" in note) return note.to === this.#id ? this.#onAnswer(note) : undefined;
    if (!this.#hub) return;
    const { from } = note;
    if (note.type === "exit") return this.#hub.exit(from);
    if (note.type === "send") return this.#hub.send(from, note.text);
    this.#hub.enter(from, {
      open: () => this.#post({ type: "open", to: from }),
      frame: (text) => this.#post({ type: "frame", to: from, text }),
      close: (code, reason) => this.#post({ type: "close", to: from, code, reason }),
    });
  }

  #onAnswer(note: Answer): void {
    if (note.type === "open") this.#end?.open();
    else if (note.type === "frame") this.#end?.frame(note.text);
    else this.#end?.close(note.code, note.reason);
  }
}

/** The socket that the client of this tab uses. */
class End implements Socket, Port {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  #own: Socket | undefined;
  #done = false;
  readonly #late: Timer;
  readonly #post: (text: string) => void;
  readonly #exit: () => void;

  constructor(post: (text: string) => void, exit: () => void, clock: Clock) {
    this.#post = post;
    this.#exit = exit;
    this.#late = new Timer(clock);
  }

  /** Opens a socket of its own if the leader does not answer in time. */
  fallBack(open: () => Socket, ms: number): void {
    this.#late.set(() => {
      this.#exit();
      const own = open();
      this.#own = own;
      own.onopen = () => this.onopen?.({});
      own.onmessage = (event) => this.onmessage?.(event);
      own.onclose = (event) => this.onclose?.(event);
      own.onerror = () => {};
    }, ms);
  }

  open(): void {
    this.#late.clear();
    if (!this.#done) this.onopen?.({});
  }

  frame(data: string): void {
    if (!this.#done) this.onmessage?.({ data });
  }

  send(text: string): void {
    if (this.#own) this.#own.send(text);
    else this.#post(text);
  }

  /** Closes this end. The client closes without a reason, the other side with one. */
  close(code = 1000, reason?: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#late.clear();
    if (this.#own) leave(this.#own);
    else if (reason === undefined) this.#exit();
    if (reason !== undefined) this.onclose?.({ code, reason });
  }
}
