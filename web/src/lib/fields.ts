// The settings form comes from Experiment's JSON Schema: fields, bounds and choices are its own.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Node {
  $ref?: string;
  $defs?: Record<string, Node>;
  type?: string;
  properties?: Record<string, Node>;
  anyOf?: Node[];
  items?: Node;
  prefixItems?: Node[];
  enum?: string[];
  const?: string;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  default?: Json;
}

export type Schema = Node;

export interface Field {
  path: string;
  group: string;
  kind: "integer" | "number" | "text" | "switch" | "choice" | "numbers" | "pairs";
  nullable: boolean;
  choices: string[];
  words: string[]; // that may stand in place of numbers
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  about: string;
}

/** Lists the settings of a schema, in its order. */
export function fieldsOf(schema: Schema): Field[] {
  const fields: Field[] = [];
  const walk = (node: Node, path: string[]): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const target = child.$ref ? schema.$defs?.[child.$ref.replace("#/$defs/", "")] : child;
      if (target?.properties) walk(target, [...path, name]);
      else if (target) fields.push(fieldOf(target, [...path, name]));
    }
  };
  walk(schema, []);
  return fields;
}

function fieldOf(node: Node, path: string[]): Field {
  const options = node.anyOf ?? [node];
  const main = options.find((option) => option.type !== "null" && option.const === undefined) ?? {};
  return {
    path: path.join("."),
    group: path.length > 1 ? path[0] : "experiment",
    kind: kindOf(main),
    nullable: options.some((option) => option.type === "null"),
    choices: main.enum ?? [],
    words: options.flatMap((option) => (option.const === undefined ? [] : [option.const])),
    minimum: main.minimum ?? main.exclusiveMinimum,
    maximum: main.maximum ?? main.exclusiveMaximum,
    maxItems: main.maxItems,
    about: node.description ?? "",
  };
}

function kindOf(node: Node): Field["kind"] {
  if (node.enum) return "choice";
  if (node.type === "boolean") return "switch";
  if (node.type === "integer" || node.type === "number") return node.type;
  if (node.type !== "array") return "text";
  return node.items?.type === "array" ? "pairs" : "numbers";
}

/** Looks a setting up in an experiment by its dotted name. */
export function valueAt(experiment: Record<string, unknown>, path: string): Json {
  let node: unknown = experiment;
  for (const name of path.split(".")) node = (node as Record<string, unknown> | null)?.[name];
  return (node ?? null) as Json;
}

/** Writes a value as it stands in its field. */
export function written(value: Json): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.map(written).join(", ");
  return String(value);
}

/** Reads what was typed; what is no number goes to the server as it is, which says what is wrong. */
export function read(field: Field, text: string): Json {
  const trimmed = text.trim();
  if (field.nullable && trimmed === "") return null;
  if (field.kind === "integer" || field.kind === "number") return numberOr(trimmed);
  if (field.kind !== "numbers") return field.kind === "choice" ? text : trimmed;
  if (field.words.includes(trimmed)) return trimmed;
  return trimmed === ""
    ? []
    : trimmed
        .split(/[\s,;]+/)
        .filter(Boolean)
        .map(numberOr);
}

function numberOr(text: string): Json {
  const value = Number(text.replace(",", "."));
  return text === "" || !Number.isFinite(value) ? text : value;
}
