"""Every text of a study's findings and report, in English and in French.

French has a space that does not break (`\N{NO-BREAK SPACE}`) before a colon, a semicolon and a
percent sign, and a decimal comma in running text.
"""

from __future__ import annotations

from collections.abc import Mapping

from fizzlab.errors import UnknownNameError

_N = "\N{NO-BREAK SPACE}"

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "language": "en",
        "decimal": ".",
        "and": "; ",
        "to": " to ",
        "title": "Study {name}",
        "validation_accuracy": "validation accuracy",
        "test_accuracy": "test accuracy",
        "train_accuracy": "training accuracy",
        "train_loss": "training loss",
        "train": "training",
        "validation": "validation",
        "sampled": "How this is known: sampled, {seeds} seeds from {first} on for each of "
        "{conditions}; {trained} of {nets} nets trained, {diverged} diverged. Intervals are 95 %.",
        "conditions": "{n} conditions",
        "conditions_1": "1 condition",
        "one": "Over {n} nets the {metric} is {mean} on average, 95 % interval {low} to {high}; "
        "from net to net it spreads by {sd} (standard deviation).",
        "perfect_one": "{perfect} of {n} nets get every test integer right "
        "(share {share}, exact 95 % interval {low} to {high}).",
        "best": "Best by {ranked}: {label}, {mean} ({low} to {high}).",
        "best_test": "Its test accuracy, looked at once, after the choice: {mean} "
        "({low} to {high}).",
        "best_not_alone": "By {ranked} it cannot be told apart from: {labels}.",
        "apart": "Told apart in {metric} (paired t-test over seeds, corrected for {n} "
        "comparisons, 5 %): {pairs}.",
        "pair": "{one} above {other} by {mean} ({low} to {high})",
        "none_apart": "No two conditions can be told apart in {metric} (paired t-test over seeds, "
        "corrected for {n} comparisons, 5 %).",
        "none_from_best": "None can be told apart from the best in {metric} (paired t-test over "
        "seeds, corrected for {n} comparisons, 5 %).",
        "not_apart": "Cannot be told apart in {metric}: {pairs}.",
        "not_pair": "{one} and {other}",
        "more_pairs": "and {n} more",
        "effect": "{names} goes with {share} % of the variance of {metric}{sure}",
        "effect_both": "{names} together, beyond each alone, with {share} %{sure}",
        "not_sure": " (not more than chance would give: p = {p})",
        "power": "To settle a difference of {size} in {metric}, about {seeds} seeds a condition "
        "would do (80 % power, after correction).",
        "pinned": "A pinned stream is one draw, the same for every net: read the spreads there, "
        "not the means. Standard deviation of {metric}: {spreads}.",
        "colon": ": ",
        "looked": "The test accuracies of all conditions are shown to describe them; they chose "
        "nothing.",
        "no_validation": "There is no validation set, so the conditions are ranked by training "
        "loss, and compared in test accuracy, which chose nothing.",
        "few": "One seed a condition says nothing about chance: take more seeds.",
        "partial": "The study is not finished: {left} nets are left.",
        "damaged": "{n} damaged files of nets are left out: {names}.",
        "condition": "condition",
        "nets": "nets",
        "diverged": "diverged",
        "perfect": "all right",
        "mean": "mean",
        "sd": "sd",
        "sd_of": "sd of {metric}",
        "interval": "95 % interval",
        "share": "share",
        "p": "p (Holm)",
        "difference": "difference",
        "joint_interval": "interval (corrected)",
        "verdict": "verdict",
        "yes_apart": "told apart",
        "no_apart": "cannot be told apart",
        "findings": "What can be said",
        "distributions": "Distributions",
        "distributions_title": "{metric} of each net, by condition",
        "distributions_caption": "Each dot is a net; the box spans the middle half, its line is "
        "the median; the diamond is the mean with its 95 % interval (bootstrap). {n} conditions "
        "of {total} are shown, best first by {ranked}.",
        "curves": "Learning curves",
        "curves_caption": "Median over the seeds, and the band that holds the middle 80 % of the "
        "nets. Grey: the medians of the other conditions. Never the test set.",
        "median": "{split}: median, middle 80 %",
        "others": "other conditions",
        "epoch": "epoch",
        "accuracy": "accuracy (share right)",
        "heat": "Two settings together",
        "heat_title": "mean {metric}",
        "heat_caption": "Mean {metric} of the nets of each cell (n nets).",
        "heat_more": " Averaged over the other settings.",
        "integers": "Integers most often wrong",
        "integers_caption": "Share of the {n} nets that get each test integer wrong (diverged "
        "nets left out). Dark: no training integer is of its kind.",
        "integers_axis": "share of nets that are wrong",
        "integers_known": "Kinds are counted in the training integers of the first seed.",
        "unseen": "kind not in the training set",
        "seen": "kind in the training set",
        "integer": "integer",
        "expected": "right answer",
        "wrong_nets": "nets wrong",
        "kind": "its kind",
        "kind_seen": "training integers of its kind",
        "no_wrong": "No net gets any test integer wrong.",
        "factors": "What matters most",
        "factors_caption": "Analysis of variance of {metric} (type II, seeds as repetitions): "
        "share of the sum of squares that goes with each setting, and with two beyond each alone.",
        "setting": "setting",
        "pairs": "Differences",
        "pairs_caption": "Mean difference, seed by seed, over the seeds that both finished (paired "
        "t-test). Interval and p are corrected alike for the {n} comparisons (Holm), so that "
        "“told apart” and an interval without 0 are one and the same.",
        "powers": "How many seeds?",
        "size": "difference",
        "seeds_needed": "seeds a condition",
        "table": "Conditions",
        "table_caption": "Accuracies of the nets that did not diverge: mean and 95 % interval of "
        "the mean (bootstrap, BCa). All right: nets without a wrong test integer, with the exact "
        "interval of their share. First: best by {ranked}.",
        "first_rows": "The first {n} of {total}.",
        "recipe": "Recipe",
        "recipe_caption": "What all nets have in common, as TOML; what is varied stands above.",
        "reproduce": "How to reproduce",
        "reproduce_caption": "With the plan beside this report, one command makes the same nets:",
        "made_with": "Made by fizzlab {version}, engine {engines}; hash of the plan {hash}.",
        "not_kept": "Which integers are wrong is not kept for a test set of this size.",
        "luck_axis_accuracy": "{metric} (share right)",
        "luck_axis_loss": "training loss (nats)",
        "luck_title": "{name}: {n} nets, seeds {seeds}",
        "luck_nets": "number of nets",
        "luck_score": "your score: {score}",
        "luck_median": "median: {median}",
    },
    "fr": {
        "language": "fr",
        "decimal": ",",
        "and": f"{_N}; ",
        "to": " à ",
        "title": "Étude {name}",
        "validation_accuracy": "exactitude de validation",
        "test_accuracy": "exactitude de test",
        "train_accuracy": "exactitude d’entraînement",
        "train_loss": "perte d’entraînement",
        "train": "entraînement",
        "validation": "validation",
        "sampled": f"Comment on le sait{_N}: échantillon de {{seeds}} graines à partir de "
        f"{{first}} pour {{conditions}}{_N}; {{trained}} réseaux entraînés sur {{nets}}, "
        f"{{diverged}} divergents. Les intervalles sont à 95{_N}%.",
        "conditions": "chacune des {n} conditions",
        "conditions_1": "une condition",
        "one": "Sur {n} réseaux, l’{metric} vaut {mean} en moyenne, intervalle à 95"
        f"{_N}% de {{low}} à {{high}}{_N}; d’un réseau à l’autre elle varie de {{sd}} "
        "(écart type).",
        "perfect_one": "{perfect} réseaux sur {n} ont juste sur tous les entiers de test "
        f"(part {{share}}, intervalle exact à 95{_N}% de {{low}} à {{high}}).",
        "best": f"Meilleure selon l’indicateur «{_N}{{ranked}}{_N}»{_N}: {{label}}, {{mean}} "
        "({low} à {high}).",
        "best_test": f"Son exactitude de test, regardée une seule fois, après le choix{_N}: "
        "{mean} ({low} à {high}).",
        "best_not_alone": f"Par cet indicateur, on ne peut pas la distinguer de{_N}: {{labels}}.",
        "apart": "Conditions distinguées, {metric} (test t apparié sur les graines, corrigé pour "
        f"{{n}} comparaisons, 5{_N}%){_N}: {{pairs}}.",
        "pair": "{one} au-dessus de {other} de {mean} ({low} à {high})",
        "none_apart": "Aucune condition ne se distingue d’une autre, {metric} (test t apparié sur "
        f"les graines, corrigé pour {{n}} comparaisons, 5{_N}%).",
        "none_from_best": "Aucune ne se distingue de la meilleure, {metric} (test t apparié sur "
        f"les graines, corrigé pour {{n}} comparaisons, 5{_N}%).",
        "not_apart": f"On ne peut pas distinguer, {{metric}}{_N}: {{pairs}}.",
        "not_pair": "{one} et {other}",
        "more_pairs": "et {n} de plus",
        "effect": f"{{names}} explique {{share}}{_N}% de la variance ({{metric}}){{sure}}",
        "effect_both": f"{{names}} ensemble, au-delà de chacun, {{share}}{_N}%{{sure}}",
        "not_sure": f" (pas plus que le hasard{_N}: p = {{p}})",
        "power": "Pour établir une différence de {size} ({metric}), il faudrait environ {seeds} "
        f"graines par condition (puissance 80{_N}%, après correction).",
        "pinned": f"Un flux fixé est un seul tirage, le même pour tous les réseaux{_N}: comparez-y "
        f"les dispersions, pas les moyennes. Écart type ({{metric}}){_N}: {{spreads}}.",
        "colon": f"{_N}: ",
        "looked": "Les exactitudes de test de toutes les conditions sont montrées pour les "
        "décrire\N{NO-BREAK SPACE}; elles n’ont rien choisi.",
        "no_validation": "Il n’y a pas de jeu de validation\N{NO-BREAK SPACE}: les conditions sont "
        "classées par perte d’entraînement et comparées par exactitude de test, qui n’a rien "
        "choisi.",
        "few": f"Une seule graine par condition ne dit rien du hasard{_N}: prenez-en plus.",
        "partial": f"L’étude n’est pas terminée{_N}: il reste {{left}} réseaux.",
        "damaged": f"{{n}} fichiers de réseaux endommagés sont laissés de côté{_N}: {{names}}.",
        "condition": "condition",
        "nets": "réseaux",
        "diverged": "divergents",
        "perfect": "tout juste",
        "mean": "moyenne",
        "sd": "écart type",
        "sd_of": "écart type ({metric})",
        "interval": f"intervalle à 95{_N}%",
        "share": "part",
        "p": "p (Holm)",
        "difference": "différence",
        "joint_interval": "intervalle (corrigé)",
        "verdict": "verdict",
        "yes_apart": "distinguées",
        "no_apart": "ne se distinguent pas",
        "findings": "Ce qu’on peut dire",
        "distributions": "Distributions",
        "distributions_title": "{metric} de chaque réseau, par condition",
        "distributions_caption": "Chaque point est un réseau\N{NO-BREAK SPACE}; la boîte contient "
        "la moitié centrale, son trait est la médiane\N{NO-BREAK SPACE}; le losange est la moyenne "
        f"avec son intervalle à 95{_N}% (bootstrap). {{n}} conditions sur {{total}}, dans l’ordre "
        "de l’indicateur «\N{NO-BREAK SPACE}{ranked}\N{NO-BREAK SPACE}».",
        "curves": "Courbes d’apprentissage",
        "curves_caption": f"Médiane sur les graines, et bande contenant les 80{_N}% centraux des "
        f"réseaux. En gris{_N}: les médianes des autres conditions. Jamais le jeu de test.",
        "median": f"{{split}}{_N}: médiane, 80{_N}% centraux",
        "others": "autres conditions",
        "epoch": "époque",
        "accuracy": "exactitude (part de réponses justes)",
        "heat": "Deux réglages ensemble",
        "heat_title": "{metric}, moyenne",
        "heat_caption": "{metric}, moyenne des réseaux de chaque case (n réseaux).",
        "heat_more": " Moyenne sur les autres réglages.",
        "integers": "Entiers le plus souvent faux",
        "integers_caption": "Part des {n} réseaux qui se trompent sur chaque entier de test "
        f"(divergents exclus). Foncé{_N}: aucun entier d’entraînement n’est de son genre.",
        "integers_axis": "part des réseaux qui se trompent",
        "integers_known": "Les genres sont comptés dans les entiers d’entraînement de la première "
        "graine.",
        "unseen": "genre absent du jeu d’entraînement",
        "seen": "genre présent dans le jeu d’entraînement",
        "integer": "entier",
        "expected": "bonne réponse",
        "wrong_nets": "réseaux qui se trompent",
        "kind": "son genre",
        "kind_seen": "entiers d’entraînement de son genre",
        "no_wrong": "Aucun réseau ne se trompe sur un entier de test.",
        "factors": "Ce qui compte le plus",
        "factors_caption": "Analyse de la variance ({metric}, type II, graines comme "
        f"répétitions){_N}: part de la somme des carrés due à chaque réglage, et à deux ensemble "
        "au-delà de chacun.",
        "setting": "réglage",
        "pairs": "Différences",
        "pairs_caption": "Différence moyenne, graine par graine, sur les graines que les deux ont "
        "terminées (test t apparié). L’intervalle et p sont corrigés de même pour les {n} "
        f"comparaisons (Holm){_N}: «{_N}distinguées{_N}» et un intervalle sans 0, c’est tout un.",
        "powers": f"Combien de graines{_N}?",
        "size": "différence",
        "seeds_needed": "graines par condition",
        "table": "Conditions",
        "table_caption": f"Exactitudes des réseaux qui n’ont pas divergé{_N}: moyenne et "
        f"intervalle à 95{_N}% de la moyenne (bootstrap, BCa). Tout juste{_N}: réseaux sans entier "
        f"de test faux, avec l’intervalle exact de leur part. En tête{_N}: la meilleure selon "
        f"l’indicateur «{_N}{{ranked}}{_N}».",
        "first_rows": "Les {n} premières sur {total}.",
        "recipe": "Recette",
        "recipe_caption": f"Ce que tous les réseaux ont en commun, en TOML{_N}; ce qui varie est "
        "indiqué plus haut.",
        "reproduce": "Pour reproduire",
        "reproduce_caption": "Avec le plan joint à ce rapport, une commande refait les mêmes "
        f"réseaux{_N}:",
        "made_with": f"Fait par fizzlab {{version}}, moteur {{engines}}{_N}; empreinte du plan "
        "{hash}.",
        "not_kept": "Pour un jeu de test de cette taille, on ne garde pas les entiers faux.",
        "luck_axis_accuracy": "{metric} (part de réponses justes)",
        "luck_axis_loss": "perte d’entraînement (nats)",
        "luck_title": f"{{name}}{_N}: {{n}} réseaux, graines {{seeds}}",
        "luck_nets": "nombre de réseaux",
        "luck_score": f"votre résultat{_N}: {{score}}",
        "luck_median": f"médiane{_N}: {{median}}",
    },
}


def texts(language: str) -> Mapping[str, str]:
    """Gives the texts in a language.

    Raises:
        UnknownNameError: If there is no such language.
    """
    if language not in TEXTS:
        raise UnknownNameError("language", language, TEXTS)
    return TEXTS[language]


def number(value: float | None, texts: Mapping[str, str], digits: int = 3) -> str:
    """Gives a number to some decimals, with the language's decimal mark."""
    if value is None:
        return "–"
    shown = f"{value:.{digits}f}".replace(".", texts["decimal"])
    return shown.replace("-", "\N{MINUS SIGN}")
