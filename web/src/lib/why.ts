// Why the net is right or wrong on an integer, in the reader's language.

import type { Explanation } from "../protocol";
import { num, raised, t } from "./text.svelte";

/** The kind of an integer; the server says it in English, in a form that never varies. */
export function kindText(text: string): string {
  const translated = text
    .replace("bits set: ", `${t("kindBits")} `)
    .replace("digits: ", `${t("kindDigits")} `)
    .replace(/\bnone\b/, t("kindNone"))
    .replaceAll(" of ", ` ${t("kindOf")} `)
    .replaceAll(" and ", ` ${t("kindAnd")} `)
    .replaceAll(" at ", ` ${t("kindAt")} `);
  return raised(translated);
}

/** What training knew of the integer's kind. */
export function knownText(found: Explanation): string {
  if (found.split === "train") return t("whyTrained");
  if (found.kind_seen === null) return t("whyNotTrained");
  const kind = kindText(found.kind_text);
  if (found.kind_seen === 0) return t("whyUnseen", { kind });
  return t(found.kind_seen === 1 ? "whySeenOnce" : "whySeen", {
    count: num(found.kind_seen),
    kind,
    examples: found.kind_examples.join(", "),
  });
}

/** Right or wrong, and what training had to do with it. */
export function whyText(found: Explanation): string {
  const known = knownText(found);
  if (found.covered) return `${t("whyTileCovered")} ${known}`;
  const { word, expected } = found;
  const verdict = found.right
    ? t("whyRight", { word: word ?? "" })
    : t("whyWrong", { word: word ?? "", expected });
  const held = found.split !== "train" && (found.kind_seen ?? 0) > 0;
  const outcome = held ? ` ${found.right ? t("whyFound") : t("whyMissed")}` : "";
  return `${verdict} ${known}${outcome}`;
}
