import { describe, expect, it } from "vitest";
import { fieldsOf, read, valueAt, written, type Schema } from "./fields";

const schema: Schema = {
  properties: {
    name: { type: "string" },
    net: { $ref: "#/$defs/Net" },
  },
  $defs: {
    Net: {
      properties: {
        hidden: { type: "array", items: { type: "integer" }, maxItems: 16 },
        rate: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] },
        kind: { type: "string", enum: ["a", "b"] },
        weights: {
          anyOf: [
            { type: "array", items: { type: "number" } },
            { const: "balanced", type: "string" },
            { type: "null" },
          ],
        },
        on: { type: "boolean" },
        pairs: { type: "array", items: { type: "array" } },
      },
    },
  },
};
const fields = Object.fromEntries(fieldsOf(schema).map((field) => [field.path, field]));

describe("fields of a schema", () => {
  it("lists every setting with its kind and bounds", () => {
    const kinds = Object.values(fields).map((field) => [field.path, field.kind, field.nullable]);
    expect(kinds).toEqual([
      ["name", "text", false],
      ["net.hidden", "numbers", false],
      ["net.rate", "number", true],
      ["net.kind", "choice", false],
      ["net.weights", "numbers", true],
      ["net.on", "switch", false],
      ["net.pairs", "pairs", false],
    ]);
    expect(fields["net.rate"].minimum).toBe(0);
    expect(fields["net.hidden"].maxItems).toBe(16);
    expect(fields["net.kind"].choices).toEqual(["a", "b"]);
  });
});

describe("what is typed", () => {
  it("becomes a value", () => {
    expect(read(fields["net.hidden"], "50, 20")).toEqual([50, 20]);
    expect(read(fields["net.hidden"], "")).toEqual([]);
    expect(read(fields["net.rate"], " 0,05 ")).toBe(0.05);
    expect(read(fields["net.rate"], "")).toBe(null);
    expect(read(fields["net.weights"], "balanced")).toBe("balanced");
    expect(read(fields["net.weights"], "1; 2.5")).toEqual([1, 2.5]);
  });

  it("goes to the server as it is where it is no number", () => {
    expect(read(fields["net.rate"], "x")).toBe("x");
    expect(read(fields["net.rate"], "1e999")).toBe("1e999");
    expect(read(fields["net.hidden"], "50, y")).toEqual([50, "y"]);
  });
});

it("writes values as they stand in a field", () => {
  expect(written([50, 20])).toBe("50, 20");
  expect(written(null)).toBe("");
  expect(written(false)).toBe("false");
  expect(valueAt({ net: { hidden: [1] } }, "net.hidden")).toEqual([1]);
  expect(valueAt({}, "net.hidden")).toBe(null);
});
