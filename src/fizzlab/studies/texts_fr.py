"""The French texts of a study's findings and report.

French has a space that does not break (`\N{NO-BREAK SPACE}`) before a colon, a semicolon, a
question mark and a percent sign, a decimal comma, and a narrow space between thousands.
"""

from __future__ import annotations

_N = "\N{NO-BREAK SPACE}"

FRENCH: dict[str, str] = {
    "language": "fr",
    "decimal": ",",
    "thousands": "\N{NARROW NO-BREAK SPACE}",
    "and": f"{_N}; ",
    "to": " à ",
    "colon": f"{_N}: ",
    "title": "Étude {name}",
    "validation_accuracy": "exactitude de validation",
    "test_accuracy": "exactitude de test",
    "train_accuracy": "exactitude d’entraînement",
    "train_loss": "perte d’entraînement",
    "train": "entraînement",
    "validation": "validation",
    "yes": "oui",
    "no": "non",
    "none": "aucun",
    "n_nets": "{n} réseau|{n} réseaux",
    "n_seeds": "{n} graine|{n} graines",
    "n_conditions": "{n} condition|{n} conditions",
    "each_condition": "{n} condition|chacune des {n} conditions",
    "n_comparisons": "{n} comparaison|{n} comparaisons",
    "nets_left": "il reste {n} réseau|il reste {n} réseaux",
    "files_left_out": "{n} fichier de réseaux endommagé est laissé de côté|"
    "{n} fichiers de réseaux endommagés sont laissés de côté",
    "sampled": f"Comment on le sait{_N}: par échantillon, {{seeds}} à partir de {{first}} pour "
    f"{{conditions}}{_N}; réseaux entraînés{_N}: {{trained}} sur {{nets}}, dont divergents{_N}: "
    f"{{diverged}}. Les intervalles sont à 95{_N}%.",
    "one": "Sur {nets}, l’{metric} vaut {mean} en moyenne, intervalle à 95"
    f"{_N}% de {{low}} à {{high}}{_N}; d’un réseau à l’autre elle varie de {{sd}} (écart type).",
    "perfect_one": "Aucune faute sur les entiers de test dans {perfect} cas sur {nets} "
    f"(part {{share}}, intervalle exact à 95{_N}% de {{low}} à {{high}}).",
    "best": f"Meilleure selon l’indicateur «{_N}{{ranked}}{_N}»{_N}: {{label}}{_N}: {{mean}} "
    "({low} à {high}).",
    "best_test": f"Son exactitude de test, regardée une seule fois, après le choix{_N}: "
    "{mean} ({low} à {high}).",
    "best_not_alone": f"Par cet indicateur, on ne peut pas la distinguer de{_N}: {{labels}}.",
    "apart": "Conditions distinguées, {metric} (test t apparié sur les graines, corrigé pour "
    f"{{comparisons}}, 5{_N}%){_N}: {{pairs}}.",
    "pair": "{one} au-dessus de {other} de {mean} ({low} à {high})",
    "none_apart": "Aucune condition ne se distingue d’une autre, {metric} (test t apparié sur "
    f"les graines, corrigé pour {{comparisons}}, 5{_N}%).",
    "none_from_best": "Aucune ne se distingue de la meilleure, {metric} (test t apparié sur "
    f"les graines, corrigé pour {{comparisons}}, 5{_N}%).",
    "not_apart": f"On ne peut pas distinguer, {{metric}}{_N}: {{pairs}}.",
    "not_pair": "{one} et {other}",
    "more_pairs": "et {n} de plus",
    "effects": f"Parts de la variance ({{metric}}){_N}: {{shares}}.",
    "effect": f"{{names}} {{share}}{_N}%{{sure}}",
    "effect_both": f"{{names}} ensemble, au-delà de chacun, {{share}}{_N}%{{sure}}",
    "not_sure": f" (pas plus que le hasard{_N}: p = {{p}})",
    "power": "Pour établir une différence de {size} ({metric}), il faudrait environ {seeds} "
    f"par condition (puissance 80{_N}%, après correction).",
    "pinned": f"Un flux fixé est un seul tirage, le même pour tous les réseaux{_N}: comparez-y "
    f"les dispersions, pas les moyennes. Écart type ({{metric}}){_N}: {{spreads}}.",
    "looked": "Les exactitudes de test de toutes les conditions sont montrées pour les "
    f"décrire{_N}; elles n’ont rien choisi.",
    "no_validation": f"Il n’y a pas de jeu de validation{_N}: les conditions sont classées par "
    "perte d’entraînement et comparées par exactitude de test, qui n’a rien choisi.",
    "few": f"Une seule graine par condition ne dit rien du hasard{_N}: prenez-en plus.",
    "partial": f"L’étude n’est pas terminée{_N}: {{left}}.",
    "damaged": f"{{files}}{_N}: {{names}}.",
    "condition": "condition",
    "nets": "réseaux",
    "diverged": "divergents",
    "perfect": "sans faute",
    "sd_of": "écart type ({metric})",
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
    "distributions_caption": f"Chaque point est un réseau{_N}; la boîte contient la moitié "
    f"centrale, son trait est la médiane{_N}; le losange est la moyenne avec son intervalle à "
    f"95{_N}% (bootstrap). Montré{_N}: {{n}} sur {{conditions}}, dans l’ordre de l’indicateur "
    f"«{_N}{{ranked}}{_N}».",
    "curves": "Courbes d’apprentissage",
    "curves_caption": f"Médiane sur les graines, et bande contenant les 80{_N}% centraux des "
    f"réseaux. En gris{_N}: les médianes des autres conditions. Jamais le jeu de test.",
    "curves_first": " Sur les {seeds} premières de chaque condition.",
    "median": f"{{split}}{_N}: médiane, 80{_N}% centraux",
    "others": "autres conditions",
    "epoch": "époque",
    "accuracy": "exactitude (part de réponses justes)",
    "heat": "Deux réglages ensemble",
    "heat_title": "{metric}, moyenne",
    "heat_caption": "{metric}, moyenne des réseaux de chaque case (n réseaux).",
    "heat_more": " Moyenne sur les autres réglages.",
    "integers": "Entiers le plus souvent faux",
    "integers_caption": "Part des {nets} non divergents qui se trompent sur chaque entier de test. "
    f"Foncé{_N}: aucun entier d’entraînement n’est de son genre.",
    "integers_caption_varied": "Part des réseaux non divergents testés sur un entier qui s’y "
    f"trompent. Foncé{_N}: aucun entier d’entraînement n’est de son genre.",
    "integers_axis": "part des réseaux qui se trompent",
    "integers_known": "Les entiers d’entraînement sont comptés pour le premier réseau du plan. "
    "Là où aucun n’est de ce genre, les réseaux ont dû reporter ce qu’ils ont appris d’autres "
    "genres.",
    "kind_bits_about": "Deux entiers sont d’un même genre s’ils ont autant de bits à 1 dans chaque "
    "groupe de bits, ceux qui ont le même reste dans la division par {modulus}. Aucun réseau n’a "
    "besoin de distinguer de tels entiers.",
    "kind_digits_about": "Deux entiers sont d’un même genre s’ils ont les mêmes chiffres, dans un "
    "ordre quelconque, dans chaque groupe de rangs, ceux qui ont le même reste dans la division "
    "par {modulus}. Aucun réseau n’a besoin de distinguer de tels entiers.",
    "kind_bits": "{count} des bits {places}",
    "kind_bit": "le bit {places}",
    "kind_no_bit": "aucun bit qui compte",
    "kind_digits": "{digits} aux rangs {places}",
    "kind_digit": "{digits} au rang {places}",
    "wrong_of": "{wrong} sur {tested}",
    "unseen": "genre absent du jeu d’entraînement",
    "seen": "genre présent dans le jeu d’entraînement",
    "integer": "entier",
    "expected": "bonne réponse",
    "wrong_nets": "réseaux qui se trompent",
    "kind": "son genre",
    "kind_seen": "entiers d’entraînement de son genre",
    "no_wrong": "Aucun réseau ne se trompe sur un entier de test.",
    "factors": "Ce qui compte le plus",
    "factors_caption": "Analyse de la variance ({metric}, type II, graines comme blocs)"
    f"{_N}: part de la somme des carrés due à chaque réglage, à deux ensemble au-delà de chacun, "
    f"et à la graine, quelle que soit la condition{_N}; le reste n’est pas expliqué.",
    "factors_first": " Sur les {seeds} premières.",
    "setting": "réglage",
    "seed": "graine",
    "pairs": "Différences",
    "pairs_caption": "Différence moyenne, graine par graine, sur les graines que les deux ont "
    "terminées (test t apparié). L’intervalle et p sont corrigés de même pour {comparisons} "
    f"(Holm){_N}: «{_N}distinguées{_N}» et un intervalle sans 0, c’est tout un.",
    "powers": f"Combien de graines{_N}?",
    "size": "différence",
    "seeds_needed": "graines par condition",
    "table": "Conditions",
    "table_caption": f"Exactitudes des réseaux qui n’ont pas divergé{_N}: moyenne et "
    f"intervalle à 95{_N}% de la moyenne (bootstrap, BCa). Sans faute{_N}: réseaux qui ont juste "
    "sur tous les entiers de test, avec l’intervalle exact de leur part. En tête"
    f"{_N}: la meilleure selon l’indicateur «{_N}{{ranked}}{_N}».",
    "first_rows": "Les {n} premières sur {total}.",
    "recipe": "Recette",
    "recipe_caption": f"Ce que tous les réseaux ont en commun, en TOML{_N}; ce qui varie est "
    "indiqué en tête.",
    "recipe_varied": f"# varie{_N}: {{name}}",
    "recipe_seeds": f"# graines{_N}: {{first}} à {{last}}",
    "recipe_range": "{low} à {high}",
    "recipe_log": "{low} à {high} (log)",
    "reproduce": "Pour reproduire",
    "reproduce_caption": "Avec le plan joint à ce rapport, une commande refait les mêmes "
    f"réseaux{_N}:",
    "made_with": f"Fait par fizzlab {{version}}, moteur {{engines}}{_N}; empreinte du plan "
    "{hash}.",
    "not_kept": "Pour un jeu de test de cette taille, on ne garde pas les entiers faux.",
    "luck_axis_accuracy": "{metric} (part de réponses justes)",
    "luck_axis_loss": "perte d’entraînement (nats)",
    "luck_title": f"{{name}}{_N}: {{nets}}, graines {{seeds}}",
    "luck_nets": "nombre de réseaux",
    "luck_score": f"votre résultat{_N}: {{score}}",
    "luck_median": f"médiane{_N}: {{median}}",
    "luck_test": "Une exactitude de test de",
    "luck_validation": "Une exactitude de validation de",
    "luck_loss": "Une perte d’entraînement finale de",
    "luck_sentence": f"{{what}} {{score}} fait mieux que {{percentile}}{_N}% de {{nets}} qui ne "
    f"diffèrent que par leur graine (échantillon{_N}; intervalle à 95{_N}%{_N}: {{low}} à "
    f"{{high}}{_N}%){_N}: {{verdict}}.",
    "luck_few_bad": "c’est moins bien que {all}, mais ils sont trop peu nombreux pour dire que "
    "c’est rare",
    "luck_few_good": "c’est mieux que {all}, mais ils sont trop peu nombreux pour dire que c’est "
    "rare",
    "luck_few_loss_bad": "c’est plus que {all}, mais ils sont trop peu nombreux pour dire que "
    "c’est rare",
    "luck_few_loss_good": "c’est moins que {all}, mais ils sont trop peu nombreux pour dire que "
    "c’est rare",
    "luck_all_of_them": "tous",
    "luck_nearly_all": "presque tous",
    "first_use": "compilation des noyaux du moteur cpu, cette seule fois (10 à 20 s) …",
    "fallback": "À cause de {settings}, les réseaux sont entraînés par la boucle simple et lente "
    "(sequential).",
    "and_settings": " et de ",
    "luck_bad": f"c’est rarement si mauvais{_N}: le hasard seul descend peu souvent si bas",
    "luck_good": f"c’est rarement si bon{_N}: le hasard seul monte peu souvent si haut",
    "luck_within": "le hasard seul donne cela couramment",
    "luck_here": "<- votre résultat",
    "luck_diverged": f"{{n}} réseau a divergé{_N}; tout résultat fait mieux.|{{n}} réseaux ont "
    f"divergé{_N}; tout résultat fait mieux.",
    "luck_all": f"Tous ces réseaux{_N}: fizzlab report {{study}} --lang fr",
    "luck_picture": f"Image{_N}: {{path}}",
}
