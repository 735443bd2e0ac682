/** One connection for all tabs of a browser. */
import { type Clock, systemClock, Timer } from "../clock.js";
import { leave, type Socket, type WebSocketClass } from "../net/socket.js";
import { Hub, type Port } from "./hub.js";

/** As much of a BroadcastChannel as is used here. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
}

export interface SharedOptions {
  /** Whose connection it is: tabs of another user have another one. */
  user: string;
  webSocket?: WebSocketClass;
  locks?: LockManager | undefined;
  channel?: (name: string) => Channel;
  clock?: Clock;
}

/** Between a tab and the leading one; `to` or `from` is the tab, no `to` is all of them. */
type Question = { type: "enter" | "exit"; from: string } | { type: "send"; from: string; text: string };
type Answer =
  | { type: "open"; to: string }
  | { type: "frame"; to: string; text: string }
  | { type: "close"; to: string; code: number; reason: string };
type Note = { type: "lead" } | Question | Answer;

/** A leading tab that does not answer in this time is passed over with a socket of one's own. */
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
  /** Known once the browser has said whether another tab leads. */
  readonly #ready: Promise<void>;
  #hub: Hub | undefined;
  #end: End | undefined;

  constructor(
    private readonly open: () => Socket,
    name: string,
    locks: LockManager,
    private readonly channel: Channel,
    private readonly clock: Clock,
  ) {
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
      this.clock,
    );
    this.#end = end;
    void this.#ready.then(() => {
      if (this.#end !== end) return;
      if (this.#hub) this.#hub.enter(this.#id, end);
      else {
        end.fallBack(this.open, ANSWER_MS);
        this.#post({ type: "enter", from: this.#id });
      }
    });
    return end;
  }

  /** Leads as long as the tab lives. */
  #lead(ready: () => void): Promise<void> {
    this.#hub = new Hub(this.open, this.clock);
    // Whoever relied on the one before begins anew.
    this.#post({ type: "lead" });
    this.#end?.close(ABNORMAL, "leader_gone");
    ready();
    return new Promise(() => {});
  }

  #post(note: Note): void {
    this.channel.postMessage(note);
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

/** What the library sees as its socket. */
class End implements Socket, Port {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  #own: Socket | undefined;
  #done = false;
  readonly #late: Timer;
  constructor(
    private readonly post: (text: string) => void,
    private readonly exit: () => void,
    clock: Clock,
  ) {
    this.#late = new Timer(clock);
  }

  /** Opens a socket of its own when nobody answers. */
  fallBack(open: () => Socket, ms: number): void {
    this.#late.set(() => {
      this.exit();
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
    else this.post(text);
  }

  /** Both sides close: the library without a reason to tell, the other one with it. */
  close(code = 1000, reason?: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#late.clear();
    if (this.#own) leave(this.#own);
    else if (reason === undefined) this.exit();
    if (reason !== undefined) this.onclose?.({ code, reason });
  }
}
