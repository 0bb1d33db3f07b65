// Generated from src/fizzlab/lab/asks.py and messages.py: do not edit.
// python -m fizzlab.lab.protocol web/src/protocol.ts

/** In place of a label or a probability of a test integer that is covered. */
export const COVERED = 255;

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { [name: string]: JsonValue };

/** Changes the experiment: a preset or a link replaces it, then settings change it. */
export interface Configure {
  type: "configure";
  preset?: string | null;
  /** as `configured` gave */
  link?: string | null;
  /** values by dotted name */
  settings?: Record<string, JsonValue>;
}

/** Trains to the end of the present epoch, then pauses. */
export interface EpochAsk {
  type: "epoch";
}

/** Asks why the net is right or wrong on an integer; answered by `explanation`. */
export interface Explain {
  type: "explain";
  integer: number;
}

/** The first message on every socket: begins a session, or comes back to one. */
export interface Hello {
  type: "hello";
  /** null: a new session */
  session?: string | null;
  language?: "en" | "fr";
  /** the run that the page has rows of */
  run?: number | null;
  /** rows of it that the page has */
  cursor?: number;
}

/** Keeps the present curves as a ghost (or drops it); answered by `ghost`. */
export interface Keep {
  type: "keep";
  kept?: boolean;
}

/** Trains many nets like this one, each from a seed of its own; answered by `luck`s. */
export interface LuckAsk {
  type: "luck";
  /** for each value */
  nets?: number;
  /** null: validation, or loss without it */
  metric?: "validation" | "test" | "loss" | null;
  vary?: Vary | null;
}

/** Ends what `luck` began; what is trained is kept. */
export interface LuckStop {
  type: "luck_stop";
}

/** Ends training after the present epoch (or batch, where epochs take long). */
export interface Pause {
  type: "pause";
}

/** Answered by `pong`; also tells that the tab is alive. */
export interface Ping {
  type: "ping";
}

/** Asks the present net about every integer, or looks for a proof; answered by `proof`.
 * It tells results on test integers, so it uncovers them. */
export interface Prove {
  type: "prove";
}

/** Begins anew with the experiment as it is configured now: a new run, not yet trained. */
export interface Reset {
  type: "reset";
  seed?: "same" | "new";
}

/** Asks for a new worker after `state.worker` said lost or none: a new run, not yet trained. */
export interface Restart {
  type: "restart_worker";
}

/** Uncovers (or covers) the results on the test integers of this run. */
export interface Reveal {
  type: "reveal";
  shown: boolean;
}

/** Trains until the end, or until `pause`; after a `configure` that needs it, a new net. */
export interface Start {
  type: "start";
}

/** Trains one batch, then pauses. */
export interface Step {
  type: "step";
}

/** One setting and its values, for `luck`. */
export interface Vary {
  name: string;
  values: Array<JsonValue>;
}

/** Tells which pictures of the net the page shows; only these are sent. */
export interface Watch {
  type: "watch";
  panels: Array<"words" | "map" | "weights" | "neurons" | "confusion">;
  /** of a layer, the most striking */
  neurons?: number;
}

/** A setting that was changed while a net was in training. */
export interface Change {
  /** from the epoch after this one on */
  epoch: number;
  name: string;
  before: JsonValue;
  after: JsonValue;
}

/** The experiment as it stands: after `hello`, and answers every `configure` that was right. */
export interface Configured {
  type: "configured";
  /** all settings, in groups, as /api/schema says */
  experiment: Record<string, JsonValue>;
  /** the preset that it is told from */
  preset: string;
  /** settings in which it differs, by dotted name */
  changes: Record<string, JsonValue>;
  /** settings in which it differs from the net at hand, which need a reset */
  needs_reset: Array<string>;
  /** the whole of it, for the part of the URL after # */
  link: string;
  /** weights and biases of its net */
  parameters: number;
}

/** Counts of said (columns) against true (rows) labels; panel `confusion`. */
export interface Confusion {
  type: "confusion";
  run: number;
  epoch: number;
  /** test only where uncovered; none at all beyond 16 labels */
  splits: Partial<Record<"train" | "validation" | "test", Array<Array<number>>>>;
}

/** The integers of a run and what is true of them; once for each run. */
export interface DataMessage {
  type: "data";
  run: number;
  /** of this run's net */
  experiment: Record<string, JsonValue>;
  /** integers 0 … mapped − 1 are on the map */
  mapped: number;
  /** of each: 0 none, 1 train, 2 validation, 3 test */
  splits: string;
  /** label of each, uint8 */
  truth: string;
  /** of the labels */
  names: Array<string>;
  /** the first 256 test integers */
  tiles: Array<number>;
  /** label of each tile */
  tiles_truth: string;
  sizes: Partial<Record<"train" | "validation" | "test", number>>;
  /** accuracy of always saying the most frequent training label, by split */
  majority: Partial<Record<"train" | "validation" | "test", number>>;
  /** features, hidden widths, labels; readers: state */
  layers: Array<number>;
  /** name of each feature: 2^0, …; the first 64 */
  features: Array<string>;
}

/** Answers `explain`: why the shown net is right or wrong. */
export interface Explanation {
  type: "explanation";
  run: number;
  epoch: number;
  integer: number;
  /** true: a test integer, whose results are covered */
  covered: boolean;
  split: "train" | "validation" | "test" | "none";
  /** least significant first */
  digits: Array<number> | null;
  /** its kind in words */
  kind_text: string;
  /** training integers of its kind */
  kind_seen: number | null;
  kind_examples: Array<number>;
  /** what the net says; null if covered, as what follows */
  word: string | null;
  expected: string;
  right: boolean | null;
  logits: Array<number> | null;
  probabilities: Array<number> | null;
  margin: number | null;
  /** one sentence, in English */
  why: string | null;
}

/** How well a net does on a split. */
export interface Figure {
  correct: number;
  total: number;
  /** 95 % interval of a sample (validation); else null */
  low: number | null;
  high: number | null;
}

/** The curves kept to compare with; no rows: there is none. */
export interface Ghost {
  type: "ghost";
  run: number | null;
  columns: Array<"epoch" | "learning_rate" | "train_loss" | "train_accuracy" | "validation_loss" | "validation_accuracy">;
  rows: Array<Array<number | null>>;
}

/** The weights between the shown nodes of two layers. */
export interface LayerWeights {
  /** indices of the nodes shown below */
  inputs: Array<number>;
  /** and above */
  outputs: Array<number>;
  /** float32 (output, input) */
  weights: string;
  /** float32 (output,) */
  biases: string;
}

/** What one tab may ask of the machine; `welcome` tells the page. */
export interface Limits {
  /** weights and biases of a net */
  parameters: number;
  /** of a net */
  hidden_layers: number;
  /** of training and of test, each */
  integers: number;
  /** of the rule: 128 labels */
  divisors: number;
  /** of the encoding; the map shows 12 of them */
  bits: number;
  /** of a run */
  epochs: number;
  /** of training in one go; then it pauses, and can be started again */
  seconds: number;
  /** for each value varied */
  luck_nets: number;
  /** values varied */
  luck_values: number;
  /** of one ask for luck */
  luck_seconds: number;
  /** on the wire, at most */
  updates_per_second: number;
  /** without a page, until a session ends with its net */
  idle_seconds: number;
  /** with a page that asks nothing and trains nothing, likewise */
  quiet_seconds: number;
  /** processes in all, of all tabs */
  workers: number;
}

/** Nets that `luck` trained so far; the latest one counts. */
export interface Luck {
  type: "luck";
  run: number;
  metric: "validation" | "test" | "loss";
  /** of the net shown; null before it trained */
  score: number | null;
  /** the setting varied */
  name: string | null;
  /** nets asked for, for each value */
  total: number;
  /** of the bins, one more than there are */
  edges: Array<number>;
  rows: Array<LuckRow>;
  seconds: number;
  engine: string | null;
  /** null: at work */
  ended: "done" | "stopped" | "time" | "failed" | null;
}

/** The nets of one value. */
export interface LuckRow {
  /** null where nothing is varied */
  value: JsonValue;
  /** finished so far */
  nets: number;
  diverged: number;
  /** nets in each bin */
  counts: Array<number>;
  median: number | null;
  /** nets without a mistake; null for a loss */
  perfect: number | null;
  /** share of nets that this run beats, in % */
  percentile: number | null;
  /** its 95 % interval */
  low: number | null;
  high: number | null;
}

/** How probable the net finds some labels; panel `map`. Messages take labels in turn. */
export interface MapMessage {
  type: "map";
  run: number;
  epoch: number;
  /** the labels that this message is about */
  labels: Array<number>;
  /** (label, integer of the map): 0 … 254 for 0 … 1, or 255: covered */
  probabilities: string;
}

/** What some hidden neurons answer; panel `neurons`. Messages take neurons in turn. */
export interface Neurons {
  type: "neurons";
  run: number;
  epoch: number;
  /** hidden layer, from 0 */
  layer: number;
  /** the neurons that this message is about */
  neurons: Array<number>;
  /** all that are shown of the layer */
  shown: Array<number>;
  /** integers 0 … pictured − 1 */
  pictured: number;
  /** answer that 0 stands for, one a neuron */
  lows: Array<number>;
  /** answer that 255 stands for */
  highs: Array<number>;
  /** uint8 (neuron, integer) */
  pictures: string;
}

/** Answers `ping`. */
export interface Pong {
  type: "pong";
}

/** A preset that `configure` takes. */
export interface PresetName {
  name: string;
  about: string;
}

/** Why something asked for was not done; `about` is the type of the ask, or "message". */
export interface Problem {
  type: "problem";
  about: string;
  code: "invalid" | "refused" | "budget" | "busy" | "lost" | "diverged" | "failed";
  /** one sentence */
  problem: string;
  expected: string | null;
  got: string | null;
  fix: string | null;
  /** the settings that it is about, if any */
  settings: Array<string>;
}

/** Answers `prove`. */
export interface Proof {
  type: "proof";
  run: number;
  epoch: number;
  verdict: "proved" | "refuted" | "undecided";
  scope: string;
  reason: string;
  /** the same in one paragraph, in English */
  text: string;
  /** integers asked; null for readers */
  checked: number | null;
  /** wrong answers among them */
  wrong: number | null;
  /** answers that rounding might turn */
  close: number | null;
  margin: number | null;
  margin_at: number | null;
  /** (integer, what the net says, what is right), the first 1000 */
  counterexamples: Array<[string, string, string]>;
  seconds: number;
}

/** New rows of the history, at most some thousand in all; null where there is no value. */
export interface Rows {
  type: "rows";
  run: number;
  columns: Array<"epoch" | "learning_rate" | "train_loss" | "train_accuracy" | "validation_loss" | "validation_accuracy">;
  rows: Array<Array<number | null>>;
  /** rows that the page has with these */
  cursor: number;
  /** true: these are all rows, thinned; forget the ones before */
  replace: boolean;
}

/** One net of this visit. */
export interface RunRow {
  run: number;
  name: string;
  seed: number;
  status: "idle" | "running" | "paused" | "finished" | "diverged" | "lost";
  epochs: number;
  seconds: number;
  parameters: number;
  train_accuracy: number | null;
  validation_accuracy: number | null;
  /** null unless it was uncovered */
  test_accuracy: number | null;
  /** settings in which it differs from its preset */
  changes: Record<string, JsonValue>;
  /** whether settings were changed while it trained */
  altered: boolean;
  link: string;
}

/** The nets of this visit, the present one last, the latest 50. */
export interface Runs {
  type: "runs";
  runs: Array<RunRow>;
}

/** Where training stands; the latest one counts, older ones may never be sent. */
export interface State {
  type: "state";
  run: number;
  status: "idle" | "running" | "paused" | "finished" | "diverged" | "lost";
  worker: "none" | "starting" | "ready" | "lost";
  /** epochs done */
  epoch: number;
  /** batches done of the next epoch */
  step: number;
  /** batches of an epoch */
  steps: number;
  /** epochs planned */
  epochs: number;
  seed: number;
  /** spent training */
  seconds: number;
  /** epochs a second, at present */
  pace: number | null;
  /** of the last batch */
  batch_loss: number | null;
  /** at the last evaluation */
  train: Figure | null;
  /** at the last evaluation; null without it */
  validation: Figure | null;
  /** of the net shown; null while it is covered */
  test: Figure | null;
  /** which net the pictures show: in training, or at the end the one it keeps */
  shown: "live" | "kept";
  /** epoch that it is from */
  shown_epoch: number;
  /** epochs, target, patience, accepted, diverged, … */
  stopped: string | null;
  /** whether test results are uncovered */
  revealed: boolean;
  /** made to this net while it trained */
  changes: Array<Change>;
}

/** The weights between the most striking neurons; panel `weights`. None for readers. */
export interface Weights {
  type: "weights";
  run: number;
  epoch: number;
  layers: Array<LayerWeights>;
}

/** Answers `hello`: `configured`, `data`, `state`, `runs` and all rows follow. */
export interface Welcome {
  type: "welcome";
  /** keep it (sessionStorage) and say it in the next hello */
  session: string;
  /** false: a new session, or the old one had ended */
  resumed: boolean;
  version: string;
  limits: Limits;
  presets: Array<PresetName>;
  /** settings that act on a net in training */
  live_settings: Array<string>;
}

/** What the net says; panel `words`. */
export interface Words {
  type: "words";
  run: number;
  epoch: number;
  /** label said of each integer of the map, or 255: covered */
  labels: string;
  /** label said of each tile, or 255: covered */
  tiles: string;
}

/** Everything that the page may ask. */
export type Ask =
  | Hello
  | Configure
  | Start
  | Pause
  | Step
  | EpochAsk
  | Reset
  | Watch
  | Explain
  | Reveal
  | LuckAsk
  | LuckStop
  | Prove
  | Keep
  | Restart
  | Ping;

/** Everything that the server tells. */
export type Message =
  | Welcome
  | Configured
  | DataMessage
  | State
  | Rows
  | Words
  | MapMessage
  | Weights
  | Neurons
  | Confusion
  | Explanation
  | Luck
  | Proof
  | Runs
  | Ghost
  | Problem
  | Pong;
