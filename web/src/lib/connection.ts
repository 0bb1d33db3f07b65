// The socket to the server: says hello, comes back by itself when it was cut.

import type { Ask, Message } from "../protocol";
import { socketAddress } from "./addresses";

const TAKEN_OVER = 4001; // another tab has taken the session over
const PING_MS = 20_000;
const WAITS_MS = [250, 500, 1000, 2000, 4000];

export interface Listener {
  opened(): void;
  heard(message: Message): void;
  cut(taken: boolean): void;
}

export class Connection {
  #socket: WebSocket | null = null;
  #tries = 0;
  readonly #listener: Listener;

  constructor(listener: Listener) {
    this.#listener = listener;
    setInterval(() => this.say({ type: "ping" }), PING_MS);
    addEventListener("online", () => this.open());
  }

  open(): void {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    const socket = new WebSocket(socketAddress());
    this.#socket = socket;
    socket.onopen = () => {
      this.#tries = 0;
      this.#listener.opened();
    };
    socket.onmessage = (event) => this.#listener.heard(JSON.parse(event.data as string) as Message);
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      const taken = event.code === TAKEN_OVER;
      this.#listener.cut(taken);
      if (taken) return; // coming back would take it from the other tab
      setTimeout(() => this.open(), WAITS_MS[Math.min(this.#tries++, WAITS_MS.length - 1)]);
    };
  }

  /** Says something to the server; false if there is no connection. */
  say(ask: Ask): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(ask));
    return true;
  }
}
