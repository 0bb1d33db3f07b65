"""Labs with workers that train nothing, and labs with workers that do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lab_pages import Page, Served

from fizzlab.lab.limits import Limits
from fizzlab.lab.staff import COMMAND


@pytest.fixture(scope="module")
def shared_fake() -> Iterator[Served]:
    served = Served(Limits(idle_seconds=1.5, workers=40))
    yield served
    served.close()


@pytest.fixture
def fake(shared_fake: Served) -> Iterator[Served]:
    """A lab with workers that train nothing."""
    yield shared_fake
    shared_fake.hang_up()


@pytest.fixture(scope="module")
def shared_real() -> Iterator[Served]:
    served = Served(Limits(idle_seconds=30), command=COMMAND)
    yield served
    served.close()


@pytest.fixture
def real(shared_real: Served) -> Iterator[Served]:
    """A lab with workers that train."""
    yield shared_real
    shared_real.hang_up()


@pytest.fixture(scope="module")
def session() -> dict[str, str]:
    """The session that the tests of a file share, for a worker takes seconds to begin."""
    return {}


@pytest.fixture
def page(real: Served, session: dict[str, str]) -> Page:
    """A page whose worker trains."""
    page = real.page(**session)
    session["session"] = page.welcome["session"]
    page.state(worker="ready")
    return page


@pytest.fixture
def serving() -> Iterator[Callable[..., Served]]:
    """Makes labs of one's own."""
    made: list[Served] = []

    def serve(limits: Limits | None = None, **options: Any) -> Served:
        made.append(Served(limits, **options))
        return made[-1]

    yield serve
    for served in made:
        served.close()
