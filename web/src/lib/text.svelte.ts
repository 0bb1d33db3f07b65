// The dictionaries, one loaded at a time, and numbers as they are written in each language.

import type en from "../texts/en.json";
import { remember, remembered } from "./memory";

export type Key = keyof typeof en;
export type Language = "en" | "fr";
type Values = Record<string, string | number>;

interface SettingTexts {
  groups: Record<string, string>;
  settings: Record<string, string[]>; // name and help
  choices: Record<string, string>;
  presets: Record<string, string>;
}

interface Dictionary {
  page: Record<Key, string>;
  settings: SettingTexts;
}

const load: Record<Language, () => Promise<Dictionary>> = {
  en: async () => ({
    page: (await import("../texts/en.json")).default,
    settings: (await import("../texts/settings.en.json")).default,
  }),
  fr: async () => ({
    page: (await import("../texts/fr.json")).default,
    settings: (await import("../texts/settings.fr.json")).default,
  }),
};

class Reader {
  language = $state<Language>("en");
  dictionary = $state.raw<Dictionary>() as Dictionary; // there before the page is

  /** Turns to the language that was chosen before, or else to the browser's. */
  async begin(): Promise<void> {
    const kept = remembered("language");
    const own = navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
    await this.#turn(kept === "en" || kept === "fr" ? kept : own);
  }

  async set(language: Language): Promise<void> {
    remember("language", language);
    await this.#turn(language);
  }

  async #turn(language: Language): Promise<void> {
    this.dictionary = await load[language]();
    this.language = language;
  }
}

export const reader = new Reader();

/** Gives a text of the page; `{name}` in it stands for a value. */
export function t(key: Key, values: Values = {}): string {
  const text = reader.dictionary.page[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function settingName(path: string): string {
  return reader.dictionary.settings.settings[path]?.[0] ?? path;
}

export function settingHelp(path: string): string {
  return reader.dictionary.settings.settings[path]?.[1] ?? "";
}

export function groupName(group: string): string {
  return reader.dictionary.settings.groups[group] ?? group;
}

export function choiceName(choice: string): string {
  return reader.dictionary.settings.choices[choice] ?? choice;
}

export function presetText(name: string, about: string): string {
  return reader.dictionary.settings.presets[name] ?? about;
}

/** Writes a number with at most so many digits after the point, or comma. */
export function num(value: number | null | undefined, digits = 0, fixed = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const options = { maximumFractionDigits: digits, minimumFractionDigits: fixed ? digits : 0 };
  return value.toLocaleString(reader.language, options).replace("-", "−");
}

/** Writes a share as a percentage. */
export function percent(share: number | null | undefined, digits = 1): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  return share.toLocaleString(reader.language, { style: "percent", maximumFractionDigits: digits });
}

/** Writes a number with so many significant digits. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const options = { maximumSignificantDigits: digits };
  return value.toLocaleString(reader.language, options).replace("-", "−");
}

/** The name of a label: "number" is a word of the page, the others are the rule's own. */
export function labelName(names: readonly string[], label: number): string {
  return label === 0 ? t("number") : (names[label] ?? "?");
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Writes 2^10 as it is written by hand. */
export function raised(text: string): string {
  return text.replace(/\^(\d+)/g, (_, power: string) => [...power].map((d) => RAISED[+d]).join(""));
}
