"""servermed is told to stop while it starts: it ends at once, as if it had run, and leaves nothing."""

import os
import signal

import pytest

from support.figures import record
from support.listening import Recorder
from support.process import Program, processes_mentioning
from support.programs import SERVERMED, Edge
from support.settings import PATIENCE
from support.waiting import Stopwatch, await_condition

PATIENT = "connect_timeout=60 host=127.0.0.1 user=serverme dbname=serverme"


@pytest.fixture
def starting(workplace):
    """starting(...) is a `servermed dev` nobody waits for."""
    made = []

    def start(*words):
        made.append(Program("servermed", [
            SERVERMED, "dev", "--data-dir", workplace / "data",
            "--http", "127.0.0.1:0", "--tls", "127.0.0.1:0", "--api", "127.0.0.1:0", *words,
        ], workplace))
        return made[-1]

    yield start
    for program in made:
        program.kill()


def stop_in_time(program, number):
    watch = Stopwatch()
    assert program.stop(number, 10) == 0, program.tail()
    assert watch.seconds < 2 * PATIENCE, "it should take a second"
    return watch.seconds


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_database_that_never_answers_is_not_waited_for(starting, number):
    silent = Recorder()
    try:
        program = starting("--database", f"{PATIENT} port={silent.port}")
        await_condition(lambda: silent.accepted, 20, "it asks the database")
        record("start.stopped_after", round(stop_in_time(program, number), 1), "s")
    finally:
        silent.close()


def test_postgresql_that_is_being_made_is_not_waited_for_and_goes_too(starting, workplace):
    home = workplace / "data" / "postgres"
    program = starting()
    words = f"initdb\0-D\0{home / 'cluster.new'}"
    for pid in await_condition(lambda: processes_mentioning(words), 20, "initdb runs"):
        os.kill(pid, signal.SIGSTOP)  # its end would not come
    stop_in_time(program, signal.SIGTERM)
    await_condition(lambda: not processes_mentioning(home), 5, "initdb is gone")
    again = Edge(workplace)
    try:
        again.stop()
    finally:
        again.discard()
