"""Every text of the pictures, in English and in French."""

from __future__ import annotations

from fizzlab.errors import UnknownNameError

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "epoch": "epoch",
        "loss": "loss (cross-entropy, nats)",
        "accuracy": "accuracy (share right)",
        "train": "training",
        "validation": "validation",
        "test": "test",
        "none": "not used",
        "unmarked": "no mark",
        "frequency_baseline": "label frequencies alone",
        "majority_baseline": "always the majority label",
        "kept": "net kept (epoch {epoch})",
        "curves": "Learning curves",
        "confusion": "Confusion matrix, {split} set ({correct} of {total} right)",
        "said": "label that the net says",
        "true": "true label",
        "count": "integers",
        "map": "All integers 0 to {last}: {correct} of {total} right",
        "low": "n modulo {columns}",
        "high": "n divided by {columns}, rounded down",
        "right": "right",
        "wrong": "wrong",
        "weights": "Weights of the first layer",
        "feature": "input bit",
        "other_feature": "feature",
        "neuron": "hidden neuron (largest norm at the top)",
        "weight": "weight (no unit)",
        "neurons": "What the {count} most striking hidden neurons answer to each integer",
        "activation": "activation (white: least, black: most, per neuron)",
        "animation": "Epoch {epoch}: {correct} of {total} right",
    },
    "fr": {
        "epoch": "époque",
        "loss": "perte (entropie croisée, nats)",
        "accuracy": "exactitude (part de réponses justes)",
        "train": "entraînement",
        "validation": "validation",
        "test": "test",
        "none": "non utilisé",
        "unmarked": "sans marque",
        "frequency_baseline": "fréquences des étiquettes seules",
        "majority_baseline": "toujours l'étiquette majoritaire",
        "kept": "réseau retenu (époque {epoch})",
        "curves": "Courbes d'apprentissage",
        "confusion": "Matrice de confusion, jeu de {split} ({correct} justes sur {total})",
        "said": "étiquette donnée par le réseau",
        "true": "étiquette vraie",
        "count": "nombre d'entiers",
        "map": "Tous les entiers de 0 à {last} : {correct} justes sur {total}",
        "low": "n modulo {columns}",
        "high": "partie entière de n / {columns}",
        "right": "juste",
        "wrong": "faux",
        "weights": "Poids de la première couche",
        "feature": "bit d'entrée",
        "other_feature": "entrée",
        "neuron": "neurone caché (plus grande norme en haut)",
        "weight": "poids (sans unité)",
        "neurons": "Réponses des {count} neurones cachés les plus marquants à chaque entier",
        "activation": "activation (blanc : minimum, noir : maximum, par neurone)",
        "animation": "Époque {epoch} : {correct} justes sur {total}",
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
