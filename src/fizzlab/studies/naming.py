"""Names of settings, values and conditions in a few characters, in English and in French."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fizzlab.studies.texts import Texts, marked, texts
from fizzlab.studies.vary import plain, value_of

if TYPE_CHECKING:
    from fizzlab.studies.plan import Plan

SETTINGS_FR = {
    "seed": "graine",
    "data.train": "entiers d’entraînement",
    "data.test": "entiers de test",
    "data.validation": "entiers de validation",
    "data.subset": "sous-ensemble d’entraînement",
    "data.merge_validation": "validation réintégrée",
    "data.allow_overlap": "recouvrement permis",
    "net.architecture": "architecture",
    "net.hidden": "couches cachées",
    "net.activation": "activation",
    "net.dropout": "dropout",
    "recipe.epochs": "époques",
    "recipe.stop_after": "arrêt après l’époque",
    "recipe.batch_size": "taille de lot",
    "recipe.order": "ordre",
    "recipe.method": "méthode",
    "recipe.zero_invariance": "invariance aux zéros",
    "recipe.extract_below": "extraction sous",
    "recipe.tries": "essais",
    "recipe.snap": "états arrondis",
    "recipe.loss": "perte",
    "recipe.label_smoothing": "lissage des étiquettes",
    "recipe.class_weights": "poids des étiquettes",
    "recipe.optimizer": "optimiseur",
    "recipe.learning_rate": "taux d’apprentissage",
    "recipe.momentum": "inertie",
    "recipe.nesterov": "Nesterov",
    "recipe.betas": "bêtas",
    "recipe.weight_decay": "décroissance des poids",
    "recipe.clip_norm": "norme maximale du gradient",
    "recipe.schedule": "évolution du taux",
    "recipe.warmup_epochs": "époques de chauffe",
    "recipe.step_epochs": "époques par palier",
    "recipe.step_factor": "facteur par palier",
    "recipe.cycle_momentum": "inertie cyclique",
    "recipe.evaluate_every": "époques entre évaluations",
    "recipe.keep": "réseau gardé",
    "recipe.target_accuracy": "exactitude visée",
    "recipe.patience": "patience",
    "streams.init": "flux de l’initialisation",
    "streams.split": "flux du partage",
    "streams.subset": "flux du sous-ensemble",
    "streams.order": "flux de l’ordre",
}
VALUES_FR = {
    "given": "tel quel",
    "permuted": "permuté une fois",
    "reshuffled": "remélangé",
    "constant": "constant",
    "step": "paliers",
    "cosine": "cosinus",
    "one_cycle": "un cycle",
    "cross_entropy": "entropie croisée",
    "best": "le meilleur",
    "final": "le dernier",
    "balanced": "équilibrés",
    "sigmoid": "sigmoïde",
}
ENGLISH = texts("en")


def short_name(name: str, words: Texts = ENGLISH) -> str:
    """Gives a setting in words; a stream is told from the setting of the same name.

    >>> short_name("recipe.learning_rate"), short_name("streams.order")
    ('learning rate', 'order stream')
    """
    group, _, leaf = name.rpartition(".")
    own = leaf.replace("_", " ") + " stream" * (group == "streams")
    return SETTINGS_FR.get(name, own) if words["language"] == "fr" else own


def text(value: Any, words: Texts = ENGLISH) -> str:
    """Gives a value in a few characters.

    >>> text((100,)), text((50, 50)), text(0.05), text(True), text(None)
    ('100', '50-50', '0.05', 'yes', 'none')
    """
    if isinstance(value, tuple):
        return "-".join(text(part, words) for part in value) or words["none"]
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, float):
        return marked(f"{value:.4g}", words)
    if value is None:
        return words["none"]
    shown = str(plain(value))
    return VALUES_FR.get(shown, shown) if words["language"] == "fr" else shown


def parts(settings: Mapping[str, Any], words: Texts = ENGLISH) -> list[str]:
    """Gives each setting of a condition in a few characters: "learning rate 0.05"."""
    return [f"{short_name(name, words)} {text(value, words)}" for name, value in settings.items()]


def label(settings: Mapping[str, Any], words: Texts = ENGLISH) -> str:
    """Gives the settings of a condition in a few characters."""
    return ", ".join(parts(settings, words)) or "–"


def told_settings(plan: Plan, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Gives the settings that name a condition.

    In a list of conditions, what is off in one, as it is off in what all have in common (momentum
    0 of plain SGD), goes without saying.

    Args:
        plan: The plan.
        settings: All settings of the condition.
    """
    if not plan.conditions:
        return dict(settings)

    def is_off(name: str, value: Any) -> bool:
        return not value and value_of(plan.experiment, name) == value

    return {n: v for n, v in settings.items() if not is_off(n, v)} or dict(settings)
