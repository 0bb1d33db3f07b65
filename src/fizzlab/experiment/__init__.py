"""The one configuration: `Experiment`, its net and recipe, and the presets."""

from fizzlab.experiment.experiment import FORMAT, Experiment
from fizzlab.experiment.net import Net
from fizzlab.experiment.presets import DEFAULT_PRESET, PRESETS, Preset
from fizzlab.experiment.recipe import Recipe

__all__ = ["DEFAULT_PRESET", "FORMAT", "PRESETS", "Experiment", "Net", "Preset", "Recipe"]
