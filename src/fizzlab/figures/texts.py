"""Every text of the pictures, in English and in French.

French has a space that does not break (`\N{NO-BREAK SPACE}`) before a colon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fizzlab.errors import UnknownNameError

if TYPE_CHECKING:
    from fizzlab.runs import Run

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "of_run": "{name}, seed {seed}",
        "of_net": "{name}, seed {seed}, epoch {epoch}",
        "epoch": "epoch",
        "cross_entropy": "cross-entropy (nats)",
        "log_cross_entropy": "cross-entropy (nats, log scale)",
        "squared_error": "squared error",
        "log_squared_error": "squared error (log scale)",
        "accuracy": "accuracy (share right)",
        "train": "training",
        "validation": "validation",
        "test": "test",
        "none": "not used",
        "unmarked": "no mark",
        "frequency_baseline": "baseline: label frequencies alone",
        "majority_baseline": "baseline: always the majority label",
        "kept": "net kept (epoch {epoch})",
        "try": "another try begins, from new weights",
        "curves": "Learning curves",
        "confusion": "Confusion matrix, {split}: {correct} of {total} right",
        "train_set": "training set",
        "validation_set": "validation set",
        "test_set": "test set",
        "said": "label that the net says",
        "true": "true label",
        "occurring": "{shown} of the {total} labels occur",
        "count": "number of integers",
        "map": "All integers 0 to {last}: {correct} of {total} right",
        "low": "n modulo {columns}",
        "high": "n divided by {columns}, rounded down",
        "right": "right",
        "wrong": "wrong",
        "weights": "Weights of the first layer",
        "binary": "input bit",
        "digits": "input digit: 0 to {last}, left to right, at each place",
        "scaled": "input",
        "neuron": "hidden neuron, by rank (largest norm first)",
        "weight": "weight (no unit)",
        "neurons": "What the {count} most striking hidden neurons answer to each integer",
        "one_neuron": "neuron {index}",
        "activation": "activation of each neuron: white least, black most",
        "animation": "{correct} of {total} right",
        "automaton": "The automaton that the net is, in base {base}: {count} states",
        "order": "states are numbered as 1, 2, 3, … first reach them",
        "leading": "leading digit",
        "by_digit": "then digit {digit}",
        "by_digits": "then the digits written on it",
        "states": "States of the net after each training integer, before the snap",
        "raw_states": "States of the net after each training integer",
        "axis": "{which} principal axis ({share} % of the variance of the {of})",
        "shown": "two of {count} dimensions are shown: {of} that overlap here may lie far apart",
        "first": "first",
        "second": "second",
        "codes": "codes",
        "points": "states",
        "code": "code, with its number",
        "read": "digits read, of {count} random numbers",
        "distance": "distance to the nearest code",
        "median": "not snapped, median",
        "largest": "not snapped, largest",
        "with_snap": "snapped: never more than this",
        "half": "half the distance between the nearest codes",
        "says": "says {word}",
    },
    "fr": {
        "of_run": "{name}, graine {seed}",
        "of_net": "{name}, graine {seed}, époque {epoch}",
        "epoch": "époque",
        "cross_entropy": "entropie croisée (nats)",
        "log_cross_entropy": "entropie croisée (nats, échelle log.)",
        "squared_error": "erreur quadratique",
        "log_squared_error": "erreur quadratique (échelle log.)",
        "accuracy": "exactitude (part de réponses justes)",
        "train": "entraînement",
        "validation": "validation",
        "test": "test",
        "none": "non utilisé",
        "unmarked": "sans marque",
        "frequency_baseline": "référence\N{NO-BREAK SPACE}: fréquences des étiquettes seules",
        "majority_baseline": "référence\N{NO-BREAK SPACE}: toujours l’étiquette majoritaire",
        "kept": "réseau retenu (époque {epoch})",
        "try": "nouvel essai, avec de nouveaux poids",
        "curves": "Courbes d’apprentissage",
        "confusion": "Matrice de confusion, {split} ({correct} sur {total} justes)",
        "train_set": "jeu d’entraînement",
        "validation_set": "jeu de validation",
        "test_set": "jeu de test",
        "said": "étiquette donnée par le réseau",
        "true": "étiquette vraie",
        "occurring": "{shown} des {total} étiquettes apparaissent",
        "count": "nombre d’entiers",
        "map": "Tous les entiers de 0 à {last} ({correct} sur {total} justes)",
        "low": "n modulo {columns}",
        "high": "partie entière de n / {columns}",
        "right": "juste",
        "wrong": "faux",
        "weights": "Poids de la première couche",
        "binary": "bit d’entrée",
        "digits": "chiffre d’entrée\N{NO-BREAK SPACE}: 0 à {last}, de gauche à droite, par rang",
        "scaled": "entrée",
        "neuron": "neurone caché, par rang (plus grande norme d’abord)",
        "weight": "poids (sans unité)",
        "neurons": "Réponses des {count} neurones cachés les plus marquants à chaque entier",
        "one_neuron": "neurone {index}",
        "activation": "activation de chaque neurone\N{NO-BREAK SPACE}: blanc minimum, noir maximum",
        "animation": "{correct} sur {total} justes",
        "automaton": "L’automate qu’est le réseau, en base {base} ({count} états)",
        "order": "états numérotés dans l’ordre où 1, 2, 3, … les atteignent",
        "leading": "premier chiffre",
        "by_digit": "puis le chiffre {digit}",
        "by_digits": "puis les chiffres inscrits",
        "states": "États du réseau après chaque entier d’entraînement, avant l’accrochage",
        "raw_states": "États du réseau après chaque entier d’entraînement",
        "axis": "{which} axe principal ({share} % de la variance des {of})",
        "shown": "deux dimensions sur {count}\N{NO-BREAK SPACE}: des {of} qui se recouvrent ici "
        "peuvent être éloignés",
        "first": "premier",
        "second": "deuxième",
        "codes": "codes",
        "points": "états",
        "code": "code, avec son numéro",
        "read": "chiffres lus, de {count} nombres au hasard",
        "distance": "distance au code le plus proche",
        "median": "sans accrochage, médiane",
        "largest": "sans accrochage, maximum",
        "with_snap": "avec accrochage\N{NO-BREAK SPACE}: jamais davantage",
        "half": "moitié de la distance entre les codes les plus proches",
        "says": "dit {word}",
    },
}


def texts(language: str) -> dict[str, str]:
    """Gives the texts in a language.

    Raises:
        UnknownNameError: If there is no such language.
    """
    if language not in TEXTS:
        raise UnknownNameError("language", language, TEXTS)
    return TEXTS[language]


def of_net(run: Run, text: dict[str, str], epoch: int | None = None) -> str:
    """Says which net a picture is of: its experiment's name, seed and epoch.

    Args:
        run: The run.
        text: The texts in a language.
        epoch: The net's epoch; that of the kept net if None.
    """
    report = run.report
    epoch = report.kept_epoch if epoch is None else epoch
    return text["of_net"].format(name=shortened(report.name), seed=report.seed, epoch=epoch)


def shortened(name: str, length: int = 24) -> str:
    """Gives a name of at most `length` characters, the middle left out.

    >>> shortened("fizzbuzzbazzbang", 10)
    'fizzb…bang'
    """
    half = length // 2
    return name if len(name) <= length else f"{name[:half]}…{name[half + 1 - length :]}"
