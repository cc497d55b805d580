"""Fixtures of the tests with real processes: one edge per file, tunnels and origins per test."""

import pytest

from support import process
from support.listening import Echo
from support.origin import Origin
from support.programs import Agent, Edge, Workplace
from support.relay import Relay


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failing test shows what its programs said."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for program in process.programs[-6:]:
            report.sections.append((f"{program.name} (pid {program.pid})", program.tail()))


@pytest.fixture(scope="module")
def workplace():
    place = Workplace()
    yield place.path
    place.remove()


@pytest.fixture(scope="module")
def edge(workplace):
    """Shared by the tests of a file: a first start takes seconds. Checked when it stops."""
    made = Edge(workplace)
    try:
        yield made
        made.stop()
    finally:
        made.discard()


@pytest.fixture
def own_edge():
    """own_edge(*arguments, ...) starts an edge for one test, which may kill it."""
    made = []

    def start(*extra, **keywords):
        place = Workplace()
        try:
            made.append((Edge(place.path, *extra, **keywords), place))
        except BaseException:
            process.programs[-1].kill()
            raise
        return made[-1][0]

    yield start
    for edge, place in made:
        edge.discard()
        place.remove()


@pytest.fixture
def origin():
    made = Origin()
    yield made
    made.close()
    assert made.malformed == [], "the origin was sent something malformed"


@pytest.fixture
def echo():
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def agents(edge):
    """agents("http", 3000, "--subdomain", "x") runs serverme against the file's edge."""
    made = []

    def start(*words, at=None, **keywords):
        made.append(Agent(at or edge, *words, **keywords))
        return made[-1]

    yield start
    for agent in made:
        agent.kill()


@pytest.fixture
def tunnel(agents):
    """As agents(), and waits for the URL."""

    def start(*words, **keywords):
        return agents(*words, **keywords).ready()

    return start


@pytest.fixture
def relay():
    """relay(("127.0.0.1", port)): a network between two programs that can go bad."""
    made = []

    def start(target, **keywords):
        made.append(Relay(target, **keywords))
        return made[-1]

    yield start
    for one in made:
        one.close()
