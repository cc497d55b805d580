"""serverme on a terminal: what it shows, what keys do, and how it leaves."""

import re
import signal

import pytest

from support.programs import SERVERME
from support.screen import OnTerminal
from support.waiting import await_condition

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


@pytest.fixture
def terminal(edge):
    made = []

    def start(*words, config=None, **environment):
        made.append(OnTerminal([SERVERME, "--config", config or edge.config, *words], edge.directory,
                               **environment))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_the_view_shows_the_url_and_requests(edge, terminal, origin):
    view = terminal("http", str(origin.port), "--subdomain", "screen")
    host = f"screen.{edge.domain}"
    view.await_text(f"http://{host}")
    view.await_text("online, node dev")
    edge.fetch(host, "/status/418")
    view.await_text("418")
    assert COLOUR.search(view.seen)
    view.type("\x03")
    assert view.wait() == 0
    assert view.shows("Stopped after") and view.is_as_found


def test_no_color_means_none(edge, terminal, origin):
    view = terminal("http", str(origin.port), "--subdomain", "grey", NO_COLOR="1")
    view.await_text(f"http://grey.{edge.domain}")
    edge.fetch(f"grey.{edge.domain}", "/status/500")
    view.await_text("500")
    assert not COLOUR.search(view.seen)
    view.type("\x03")
    assert view.wait() == 0


def test_a_dumb_terminal_gets_plain_lines(edge, terminal, origin):
    view = terminal("http", str(origin.port), TERM="dumb")
    view.await_text("connected, node dev")
    view.type("\x03")
    assert view.wait() == 0
    assert b"\x1b" not in view.seen


def test_a_second_ctrl_c_waits_for_nothing(edge, terminal, origin, relay):
    """The server does not answer the goodbye: whoever is in a hurry need not wait."""
    network = relay(edge.tls)
    view = terminal("--server", f"localhost:{network.port}", "http", str(origin.port))
    view.await_text("online, node dev")
    network.blackhole()
    view.type("\x03")
    view.await_text("stopping")
    view.type("\x03")
    assert view.wait() == 130
    assert view.is_as_found


def test_ctrl_z_gives_the_terminal_back(edge, terminal, origin):
    """Stopped as a job, with the screen of the shell; and the view again after `fg`."""
    view = terminal("http", str(origin.port))
    view.await_text("online, node dev")

    def state():
        with open(f"/proc/{view.process.pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0]

    view.type("\x1a")
    await_condition(lambda: view.shows("\x1b[?1049l") and state() == "T", 10, "a stopped job")
    assert view.is_as_found
    before = len(view.seen)
    view.process.send_signal(signal.SIGCONT)
    await_condition(lambda: view.shows("") and b"online, node dev" in view.seen[before:], 10, "the view")
    view.type("\x03")
    assert view.wait() == 0


def test_a_key_is_asked_for_and_not_echoed(terminal, workplace):
    path = workplace / "asked.yml"
    question = terminal("authtoken", config=path)
    question.await_text("Key (it is not shown): ")
    question.type("sm_live_from_keyboard\n")
    assert question.wait() == 0
    assert b"from_keyboard" not in question.seen
    assert "token: sm_live_from_keyboard" in path.read_text()
    assert question.is_as_found
