import type { ClientFrame, ServerFrame, Welcome } from "../api/frames.js";
import { backoff } from "../backoff.js";
import { type Clock, Timer } from "../clock.js";
import { closeCodes, reconnects } from "../codes.js";
import { local } from "../errors.js";
import { ComputedStore, type Notifier } from "../store.js";
import { Requests } from "./requests.js";
import { leave, type OpenSocket, type Socket } from "./socket.js";
import type { Tokens } from "./tokens.js";

/** The state of the connection, and the code and reason of the last close or step that led to it. */
export interface ConnectionState {
  readonly status: "disconnected" | "connecting" | "connected";
  /** A WebSocket close code; 0 where no socket was involved. */
  readonly code: number;
  readonly reason: string;
  /** When the next attempt begins, milliseconds since the epoch; null unless the client waits for it. */
  readonly retryAt: number | null;
}

export interface ConnectionDeps {
  /** The socket's address. */
  url: string;
  tokens: Tokens;
  open: OpenSocket;
  clock: Clock;
  random: () => number;
  notifier: Notifier;
  /** Called when a session has begun; its frames follow. `resumed`: the hello had a cursor. */
  onWelcome(welcome: Welcome, resumed: boolean): void;
  onFrame(frame: ServerFrame): void;
  /** Called when a session has ended. */
  onDown(): void;
}

/** Time from opening a socket to the welcome. */
const OPEN_MS = 20_000;
/** Time from a ping to any frame. */
const PONG_MS = 10_000;
/** After a session of this length the backoff starts again. */
const STABLE_MS = 5_000;
/** The least wait after a close for rate or overload. */
const CALM_MS = 1_000;

/** Keeps one socket open: opens another whenever it is lost, with backoff, and resumes from the last cursor. */
export class Connection {
  #now: ConnectionState = { status: "disconnected", code: 0, reason: "not_started", retryAt: null };
  #socket: Socket | undefined;
  /** Counts attempts: callbacks of earlier ones are ignored. */
  #turn = 0;
  #attempt = 0;
  #upSince = 0;
  #cursor: string | undefined;
  #heartbeatMs = 25_000;
  readonly #retry: Timer;
  readonly #heart: Timer;
  readonly #dead: Timer;
  readonly #requests: Requests;
  readonly state: ComputedStore<ConnectionState>;

  readonly #deps: ConnectionDeps;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.state = new ComputedStore(deps.notifier, () => this.#now);
    this.#retry = new Timer(deps.clock);
    this.#heart = new Timer(deps.clock);
    this.#dead = new Timer(deps.clock);
    this.#requests = new Requests(deps.clock);
  }

  get up(): boolean {
    return this.#now.status === "connected";
  }

  /** Connects, or ends the wait for the next attempt. */
  connect(): void {
    const { status, code, reason, retryAt } = this.#now;
    if (retryAt !== null) return void this.#dial(code, reason);
    if (status !== "disconnected") return;
    this.#attempt = 0;
    void this.#dial(0, "connect");
  }

  /** Closes the connection until {@link connect} is called; keeps the cursor. */
  disconnect(code = 1000, reason = "disconnect"): void {
    if (this.#now.status === "disconnected") return;
    this.#drop();
    this.#set({ status: "disconnected", code, reason, retryAt: null });
  }

  /**
   * Reconnects at once, or pings an open socket; to be called when the network or the page comes or goes. Resets the
   * backoff, so that a dead socket is replaced soon.
   */
  wake(): void {
    this.#attempt = 0;
    if (this.#now.retryAt !== null) this.connect();
    else if (this.up) this.#ping();
  }

  /** Closes the socket and opens another one, which resumes from the same cursor. */
  renew(reason: string): void {
    if (this.#now.status === "disconnected") return;
    this.#drop();
    void this.#dial(0, reason);
  }

  /**
   * Sends a request and returns its answer.
   *
   * @throws {ThreadlineError} the server's error; `disconnected`, `timeout` or `ends_connection` without an answer
   */
  ask<T>(frame: ClientFrame): Promise<T> {
    const socket = this.#socket;
    if (!this.up || !socket) return Promise.reject(local("disconnected", "there is no connection"));
    return this.#requests.ask<T>(frame, (text) => socket.send(text));
  }

  /** Sends a frame without an answer; drops it when there is no connection. */
  send(frame: ClientFrame): void {
    if (this.up) this.#socket?.send(JSON.stringify(frame));
  }

  async #dial(code: number, reason: string): Promise<void> {
    const turn = ++this.#turn;
    this.#retry.clear();
    this.#set({ status: "connecting", code, reason, retryAt: null });
    let token: string;
    try {
      token = await this.#deps.tokens.fresh();
    } catch {
      if (turn === this.#turn) this.#retrier(0, "no_token");
      return;
    }
    if (turn !== this.#turn) return;
    this.#open(turn, token);
  }

  #open(turn: number, token: string): void {
    const mine = () => turn === this.#turn;
    this.#dead.set(() => this.#lost(0, "open_timeout"), OPEN_MS);
    const socket = this.#deps.open(this.#deps.url);
    this.#socket = socket;
    const cursor = this.#cursor;
    socket.onopen = () => {
      if (mine()) socket.send(JSON.stringify({ type: "hello", token, ...(cursor === undefined ? {} : { cursor }) }));
    };
    socket.onmessage = ({ data }) => {
      if (mine()) this.#receive(String(data), cursor !== undefined);
    };
    socket.onclose = (event) => {
      if (mine()) this.#lost(event.code, event.reason);
    };
    // The close that follows says why.
    socket.onerror = () => {};
  }

  #receive(text: string, resumed: boolean): void {
    this.#dead.clear();
    const frame = JSON.parse(text) as ServerFrame;
    if ("cursor" in frame) this.#cursor = frame.cursor;
    switch (frame.type) {
      case "welcome":
        this.#upSince = this.#deps.clock.now();
        this.#heartbeatMs = frame.heartbeat_ms;
        this.#beat();
        this.#set({ status: "connected", code: 0, reason: frame.recovered ? "recovered" : "welcome", retryAt: null });
        return this.#deps.onWelcome(frame, resumed);
      case "ok":
      case "error":
        return this.#requests.answer(frame);
      case "token_expiring":
        return void this.#renewToken(this.#turn, 0);
      case "drain":
        return this.#retry.set(() => this.renew("drain"), this.#deps.random() * frame.reconnect_within_ms);
      default:
        this.#deps.onFrame(frame);
    }
  }

  #beat(): void {
    this.#heart.set(() => {
      this.#ping();
      this.#beat();
    }, this.#heartbeatMs);
  }

  #ping(): void {
    // The first unanswered ping sets the deadline.
    this.#dead.start(() => this.#lost(0, "no_pong"), PONG_MS);
    this.send({ type: "ping" });
  }

  async #renewToken(turn: number, attempt: number): Promise<void> {
    try {
      const token = await this.#deps.tokens.fresh();
      if (turn === this.#turn) await this.ask({ type: "auth", token });
    } catch {
      // The server closes when the old token expires, and the next hello brings a new one.
      if (turn !== this.#turn || attempt >= 5) return;
      const wait = CALM_MS + backoff(attempt, this.#deps.random);
      this.#deps.clock.setTimeout(() => {
        if (turn === this.#turn) void this.#renewToken(turn, attempt + 1);
      }, wait);
    }
  }

  #lost(code: number, reason: string): void {
    // The outbox gives up the op that the server could not read in time, so reconnecting helps the others.
    const isBlamed = this.#drop(code) && code === closeCodes.badFrame;
    if (!reconnects(code) && !isBlamed) this.#set({ status: "disconnected", code, reason, retryAt: null });
    else this.#retrier(code, reason);
  }

  /** Schedules the next attempt. */
  #retrier(code: number, reason: string): void {
    const floor = code === closeCodes.rate || code === closeCodes.overload ? CALM_MS : 0;
    const wait = floor + backoff(this.#attempt++, this.#deps.random);
    this.#set({ status: "connecting", code, reason, retryAt: this.#deps.clock.now() + wait });
    this.#retry.set(() => void this.#dial(code, reason), wait);
  }

  /** Closes the socket and fails all requests. Returns whether there were any. */
  #drop(code = 0): boolean {
    this.#turn++;
    for (const timer of [this.#retry, this.#heart, this.#dead]) timer.clear();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) leave(socket);
    const wasUp = this.up;
    if (wasUp && this.#deps.clock.now() - this.#upSince >= STABLE_MS) this.#attempt = 0;
    // What follows must not find the connection up.
    this.#now = { ...this.#now, status: "connecting" };
    const error =
      code === closeCodes.badFrame
        ? local("ends_connection", "the server ends the connection when this is sent", false)
        : local("disconnected", "there is no connection");
    const hadRequests = this.#requests.fail(error);
    if (wasUp) this.#deps.onDown();
    return hadRequests;
  }

  #set(state: ConnectionState): void {
    this.#now = state;
    this.state.changed();
  }
}
