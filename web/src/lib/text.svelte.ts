// The two dictionaries, and numbers as they are written in each language.

import en from "../texts/en.json";
import fr from "../texts/fr.json";
import settingsEn from "../texts/settings.en.json";
import settingsFr from "../texts/settings.fr.json";
import { remember, remembered } from "./memory";

export type Key = keyof typeof en;
export type Language = "en" | "fr";
type Values = Record<string, string | number>;

const pages: Record<Language, Record<Key, string>> = { en, fr };
const settings: Record<Language, SettingTexts> = {
  en: settingsEn as unknown as SettingTexts,
  fr: settingsFr as unknown as SettingTexts,
};

interface SettingTexts {
  groups: Record<string, string>;
  settings: Record<string, [string, string]>;
  choices: Record<string, string>;
  presets: Record<string, string>;
}

function first(): Language {
  const kept = remembered("language");
  if (kept === "en" || kept === "fr") return kept;
  return navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
}

class Reader {
  language = $state<Language>(first());

  set(language: Language): void {
    this.language = language;
    remember("language", language);
  }
}

export const reader = new Reader();

/** Gives a text of the page; `{name}` in it stands for a value. */
export function t(key: Key, values: Values = {}): string {
  const text = pages[reader.language][key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export function settingName(path: string): string {
  return settings[reader.language].settings[path]?.[0] ?? path;
}

export function settingHelp(path: string): string {
  return settings[reader.language].settings[path]?.[1] ?? "";
}

export function groupName(group: string): string {
  return settings[reader.language].groups[group] ?? group;
}

export function choiceName(choice: string): string {
  return settings[reader.language].choices[choice] ?? choice;
}

export function presetText(name: string, about: string): string {
  return settings[reader.language].presets[name] ?? about;
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
