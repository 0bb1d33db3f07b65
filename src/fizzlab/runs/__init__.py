"""From an experiment to a run: train, keep on disk, read, resume."""

from fizzlab.runs.reading import list_runs, open_run
from fizzlab.runs.report import Report
from fizzlab.runs.run import Run
from fizzlab.runs.session import Update
from fizzlab.runs.train import default_folder, refit, resume, train

__all__ = [
    "Report",
    "Run",
    "Update",
    "default_folder",
    "list_runs",
    "open_run",
    "refit",
    "resume",
    "train",
]
