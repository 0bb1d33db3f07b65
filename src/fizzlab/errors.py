"""Every error that fizzlab raises on purpose, on one page.

```
FizzlabError                 exit code 1
├── UsageError               exit code 2: what was asked for cannot be done as asked
│   ├── ConfigError          an experiment's settings are wrong; lists all problems at once
│   │   └── OverBudgetError  they are right, and more than a session of the lab may ask for
│   ├── UnknownNameError     a preset, setting or picture of that name does not exist
│   ├── IntegerError         an integer is unreadable, or does not fit the encoding
│   ├── DataError            a range or a CSV file cannot be used
│   └── RunExistsError       the folder of a new run or study is taken
├── RunError                 a run on disk cannot be read
│   └── NewerVersionError    it was written by a later fizzlab
├── StudyError               a study on disk cannot be read, or is at work
├── StorageError             writing failed: no space, no permission
├── NetError                 a net's shapes do not fit the experiment
└── DivergedError            the loss became NaN or infinite
```
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class FizzlabError(Exception):
    """Base of all errors; its text says what was expected, what came, and what to do.

    Args:
        problem: One sentence: what is wrong.
        expected: What would have been right.
        got: What came instead.
        fix: What to do next.
    """

    exit_code = 1

    def __init__(
        self,
        problem: str,
        *,
        expected: str | None = None,
        got: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.problem, self.expected, self.got, self.fix = problem, expected, got, fix
        lines = [problem]
        lines += [f"  expected: {expected}"] if expected else []
        lines += [f"  got:      {got}"] if got else []
        lines += [f"  to do:    {fix}"] if fix else []
        super().__init__("\n".join(lines))

    @property
    def one_line(self) -> str:
        """The problem and what was expected, as a part of another error's text."""
        expected = f"; expected {self.expected}" if self.expected else ""
        return self.problem.removesuffix(".") + expected

    def in_file(self, path: Path | str) -> FizzlabError:
        """Gives the same error, told with the file that it is about."""
        told = f"{path}: {self.problem}"
        return type(self)(told, expected=self.expected, got=self.got, fix=self.fix)


class UsageError(FizzlabError):
    """What was asked for cannot be done as asked."""

    exit_code = 2


class ConfigError(UsageError):
    """Settings of an experiment are wrong; the text lists every problem found."""


class OverBudgetError(ConfigError):
    """An experiment is larger than a session of the lab may ask for; lists every problem."""


class IntegerError(UsageError):
    """An integer is unreadable, negative, or too large for the encoding."""


class DataError(UsageError):
    """A range of integers or a CSV file cannot be used."""


class RunExistsError(UsageError):
    """The folder chosen for a new run or study is taken."""


class UnknownNameError(UsageError):
    """A name that fizzlab does not know; the text suggests the nearest one it does.

    Args:
        what: What kind of name it is: "preset", "setting", "picture".
        name: The name that came.
        valid: Every name that would have been right.
    """

    def __init__(self, what: str, name: str, valid: Iterable[str]) -> None:
        valid = list(valid)
        group = name.rpartition(".")[0]  # of a setting: list those beside it
        beside = [other for other in valid if group and other.startswith(f"{group}.")] or valid
        super().__init__(
            f'There is no {what} "{name}".{suggestion(name, valid)}',
            expected=f"one of {', '.join(beside)}",
        )


class RunError(FizzlabError):
    """A run on disk is missing, damaged, or not a run."""


class NewerVersionError(RunError):
    """A run was written by a later version of fizzlab."""


class StudyError(FizzlabError):
    """A study on disk is missing or damaged, or another process is at work in it."""


class StorageError(FizzlabError):
    """Writing to disk failed: no space left, or no permission."""


class NetError(FizzlabError):
    """A net does not take the experiment's rows or does not give its number of logits."""


class DivergedError(FizzlabError):
    """The loss became NaN or infinite.

    Args:
        epoch: The epoch in which it happened, counted from 1.
        learning_rate: The learning rate of that epoch's last step.
        loss: The loss that came.
    """

    def __init__(self, epoch: int, learning_rate: float, loss: float) -> None:
        self.epoch, self.learning_rate, self.loss = epoch, learning_rate, loss
        super().__init__(
            f"Training diverged in epoch {epoch}, at learning rate {learning_rate:g}.",
            expected="a finite loss",
            got=f"loss = {loss}",
            fix=f"try a smaller learning rate (--set recipe.learning_rate={learning_rate / 10:g}), "
            "gradient clipping (--set recipe.clip_norm=1.0) or a warm-up "
            "(--set recipe.warmup_epochs=10)",
        )


def suggestion(name: str, valid: Iterable[str]) -> str:
    """Gives ' Did you mean "x"?' for the valid name nearest to `name`, or an empty string.

    A name also stands for what it abbreviates: "recipe.lr" for "recipe.learning_rate".

    >>> suggestion("clasic", ["classic", "td1"])
    ' Did you mean "classic"?'
    """
    names = list(valid)
    short = [other for other in names if initials(other) == name.lower()]
    near = short or get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def initials(name: str) -> str:
    """Abbreviates the last part of a dotted name of several words, else gives it unchanged.

    >>> initials("recipe.learning_rate"), initials("seed")
    ('recipe.lr', 'seed')
    """
    group, dot, leaf = name.rpartition(".")
    words = leaf.split("_")
    return group + dot + ("".join(word[:1] for word in words) if len(words) > 1 else leaf)
