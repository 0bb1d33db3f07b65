// What the page knows: the latest word of the server on everything. One batch of news, one redraw.

import type {
  Ask,
  Configured,
  Confusion,
  DataMessage,
  Explanation,
  Ghost,
  Limits,
  Luck,
  Message,
  Neurons,
  Problem,
  Proof,
  RunRow,
  State,
  Watch,
  Weights,
  Welcome,
} from "../protocol";
import { SCHEMA } from "./addresses";
import { bytes } from "./bytes";
import { Connection } from "./connection";
import { fieldsOf, type Field, type Json, type Schema } from "./fields";
import { inFrame } from "./frame";
import { noRows, withRows, type Columns } from "./history";
import { remember, remembered } from "./memory";
import { reader } from "./text.svelte";

const MAX_WAITING = 64; // messages before they are taken in, frame or not: a hidden tab has no frames
const QUIET = new Set(["explain", "restart_worker"]); // problems that the page tells in its own way
const EXPLAIN_MS = 400; // between two questions about the same integer
const PATIENCE_MS = 1500; // until such a question counts as lost

export interface Words {
  epoch: number;
  labels: Uint8Array;
  tiles: Uint8Array;
}

export interface Picture {
  values: Uint8Array;
  low: number;
  high: number;
}

export class Lab {
  link = $state<"connecting" | "open" | "cut" | "taken">("connecting");
  session = $state<string | null>(null);
  fields = $state.raw<Field[]>([]);
  welcome = $state.raw<Welcome | null>(null);
  configured = $state.raw<Configured | null>(null);
  data = $state.raw<DataMessage | null>(null);
  splits = $state.raw<Uint8Array>(new Uint8Array());
  truth = $state.raw<Uint8Array>(new Uint8Array());
  tilesTruth = $state.raw<Uint8Array>(new Uint8Array());
  state = $state.raw<State | null>(null);
  history = $state.raw<Columns>(noRows());
  words = $state.raw<Words | null>(null);
  maps = $state.raw(new Map<number, Uint8Array>());
  weights = $state.raw<Weights | null>(null);
  shown = $state.raw<readonly (readonly number[])[]>([]); // neurons of each hidden layer
  pictures = $state.raw(new Map<string, Picture>());
  confusion = $state.raw<Confusion | null>(null);
  explanation = $state.raw<Explanation | null>(null);
  luck = $state.raw<Luck | null>(null);
  proof = $state.raw<Proof | null>(null);
  proving = $state(false);
  runs = $state.raw<readonly RunRow[]>([]);
  ghost = $state.raw<Ghost | null>(null);
  notice = $state.raw<Problem | null>(null);
  configuring = $state.raw<{ problem: Problem | null }>({ problem: null }); // the last answer
  integer = $state(15);

  #run = -1;
  #cursor = 0;
  #waiting: Message[] = [];
  #watching: Watch = { type: "watch", panels: [] };
  #asked = 0; // when the last question about an integer was asked
  #open = false; // it has no answer yet
  #waits = false; // another one is to follow
  readonly #connection: Connection;

  constructor() {
    this.session = remembered("session", "session");
    this.#connection = new Connection({
      opened: () => this.#hello(),
      heard: (message) => this.#heard(message),
      cut: (taken) => (this.link = taken ? "taken" : "cut"),
    });
    addEventListener("hashchange", () => this.#openLink());
  }

  async begin(): Promise<void> {
    this.#connection.open();
    const answer = await fetch(SCHEMA);
    this.fields = fieldsOf((await answer.json()) as Schema);
  }

  /** Begins a session of its own, where another tab has taken over the one it had. */
  beginAnew(): void {
    this.session = null;
    this.#run = -1;
    this.#connection.open();
  }

  say(ask: Ask): boolean {
    return this.#connection.say(ask);
  }

  get limits(): Limits | null {
    return this.welcome?.limits ?? null;
  }

  get running(): boolean {
    return this.state?.status === "running";
  }

  configure(ask: { preset?: string; link?: string; settings?: Record<string, Json> }): void {
    this.say({ type: "configure", ...ask });
  }

  watch(panels: Watch["panels"], neurons: number): void {
    this.#watching = { type: "watch", panels, neurons };
    this.say(this.#watching);
  }

  /** Turns to an integer: what the net says of it is asked for. */
  look(integer: number): void {
    if (integer === this.integer) return;
    this.integer = integer;
    this.#explain();
  }

  /** Asks about the integer that is looked at; while one question is open, only the last waits. */
  #explain(): void {
    const now = performance.now();
    this.#waits = this.#open && now - this.#asked < PATIENCE_MS;
    if (this.#waits) return;
    this.#asked = now;
    this.#open = this.say({ type: "explain", integer: this.integer });
  }

  #explained(found: Explanation | null): void {
    this.#open = false;
    if (found?.integer === this.integer) this.explanation = found;
    if (this.#waits) this.#explain();
  }

  #hello(): void {
    this.say({
      type: "hello",
      session: this.session,
      language: reader.language,
      run: this.#run < 0 ? null : this.#run,
      cursor: this.#cursor,
    });
    if (this.#watching.panels.length) this.say(this.#watching);
  }

  #openLink(): void {
    const link = location.hash.slice(1);
    if (!link) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.configure({ link });
  }

  #heard(message: Message): void {
    this.#waiting.push(message);
    if (this.#waiting.length >= MAX_WAITING) this.#take();
    else inFrame(this, () => this.#take());
  }

  #take(): void {
    const messages = this.#waiting;
    this.#waiting = [];
    for (const message of messages) this.#know(message);
  }

  /** Begins with what is of a newer net; true for what is of an older one. */
  #isLate(message: Message): boolean {
    if (!("run" in message) || message.type === "ghost" || message.type === "luck") return false;
    if (message.run > this.#run) this.#begin(message.run);
    return message.run < this.#run;
  }

  #know(message: Message): void {
    if (this.#isLate(message)) return;
    switch (message.type) {
      case "welcome":
        return this.#welcomed(message);
      case "configured":
        this.configured = message;
        this.configuring = { problem: null };
        return;
      case "data":
        return this.#described(message);
      case "state":
        return this.#changed(message);
      case "rows":
        this.history = withRows(this.history, message, message.replace);
        this.#cursor = message.cursor;
        return;
      case "words": {
        const { epoch, labels, tiles } = message;
        this.words = { epoch, labels: bytes(labels), tiles: bytes(tiles) };
        if (performance.now() - this.#asked > EXPLAIN_MS) this.#explain();
        return;
      }
      case "map": {
        const all = bytes(message.probabilities);
        const size = all.length / message.labels.length;
        const made = new Map(this.maps);
        message.labels.forEach((label, i) =>
          made.set(label, all.subarray(i * size, (i + 1) * size)),
        );
        this.maps = made;
        return;
      }
      case "neurons":
        return this.#pictured(message);
      case "problem":
        if (message.about === "prove") this.proving = false;
        if (message.about === "explain") this.#explained(null);
        if (message.about === "configure") this.configuring = { problem: message };
        else if (!QUIET.has(message.about)) this.notice = message;
        return;
      case "proof":
        this.proving = false;
        this.proof = message;
        return;
      case "runs":
        this.runs = message.runs;
        return;
      case "ghost":
        this.ghost = message.rows.length ? message : null;
        return;
      case "explanation":
        return this.#explained(message);
      case "weights":
        this.weights = message;
        return;
      case "confusion":
        this.confusion = message;
        return;
      case "luck":
        this.luck = message;
        return;
      case "pong":
        return;
    }
  }

  #welcomed(message: Welcome): void {
    this.link = "open";
    this.welcome = message;
    this.session = message.session;
    remember("session", message.session, "session");
    if (!message.resumed) this.#run = -1;
    this.#openLink();
  }

  #described(message: DataMessage): void {
    this.data = message;
    this.splits = bytes(message.splits);
    this.truth = bytes(message.truth);
    this.tilesTruth = bytes(message.tiles_truth);
    this.#explain();
  }

  /** Forgets what was known of another net. */
  #begin(run: number): void {
    this.#run = run;
    this.#cursor = 0;
    this.history = noRows();
    this.words = this.weights = this.confusion = this.explanation = this.proof = null;
    this.proving = false;
    this.maps = new Map();
    this.pictures = new Map();
    this.shown = [];
  }

  #changed(message: State): void {
    const uncovered = message.revealed !== this.state?.revealed;
    const settled = message.shown !== this.state?.shown || message.status !== this.state?.status;
    this.state = message;
    if (uncovered || settled) this.#explain();
  }

  #pictured(message: Neurons): void {
    const all = bytes(message.pictures);
    const made = new Map(this.pictures);
    message.neurons.forEach((neuron, i) => {
      made.set(`${message.layer}/${neuron}`, {
        values: all.subarray(i * message.pictured, (i + 1) * message.pictured),
        low: message.lows[i],
        high: message.highs[i],
      });
    });
    this.pictures = made;
    if (this.shown[message.layer]?.join() !== message.shown.join()) {
      const layers = [...this.shown];
      layers[message.layer] = message.shown;
      this.shown = layers;
    }
  }
}

export const lab = new Lab();
