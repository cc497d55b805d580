"""A steady load that checks every answer.

Each request has a number of its own, which the local service says back. A request ends as exactly one of:

  answered   the whole answer to this request, from the service of this name
  declared   an error of ServerMe with its code
  refused    no connection to the edge: a browser takes the next address
  broken     the connection ended before the answer was whole
  late       nothing within 20 s
  wrong      anything else: another's answer, another owner's, more than one answer. Never allowed
"""

import itertools
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass

from support.settings import PATIENCE
from support.wire import ConnectionEnded, Wire, request

from .cluster import DOMAIN

_numbers = itertools.count(1)
# Longer than an edge needs to notice that another one is silent (10 s), and to wait for an agent (5 s).
_PATIENCE = 20.0
_REQUESTS_PER_CONNECTION = 8
_FAILURES = ("declared", "refused", "broken", "late", "wrong")


@dataclass
class Outcome:
    began: float
    ended: float
    edge: str
    name: str
    kind: str
    detail: str = ""

    @property
    def seconds(self):
        return self.ended - self.began


def ask(wire, name, number, method):
    """One request on an open connection: (kind, detail)."""
    body = b"body-%d" % number if method == "POST" else b""
    try:
        answer = wire.ask(request(method, f"/{number}", f"{name}.{DOMAIN}", [("X-Asks", str(number)),
                                                                            ("Accept", "application/json")],
                                  body), method)
    except ConnectionEnded as end:
        return "broken", f"after {len(end.partial)} bytes"
    except TimeoutError:
        return "late", ""
    except OSError as error:
        return "broken", str(error)
    except (ValueError, IndexError) as error:
        return "wrong", f"no HTTP: {error}"
    if wire.buffer:
        return "wrong", f"more than one answer: {wire.buffer[:80]!r}"
    if answer.status != 200:
        code = declared_code(answer)
        return ("declared", code) if code else ("wrong", f"{answer.status} {answer.body[:120]!r}")
    if answer.body != f"{name} {number} ".encode() + body:
        return "wrong", f"{name} was asked {number}, and said {answer.body[:80]!r}"
    return "answered", ""


def declared_code(answer):
    """The SM number of an error of ServerMe; None: it is none."""
    at = answer.body.find(b"SM-")
    return answer.body[at:at + 7].decode() if answer.status >= 400 and at >= 0 else None


class Visitor:
    """Asks one edge for one name, again and again: `rate` requests a second, one at a time."""

    def __init__(self, edge, name, rate, outcomes):
        self.edge, self.name = edge, name
        self._pause, self._outcomes = 1.0 / rate, outcomes
        self._wire, self._left = None, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._over.is_set():
            began = time.time()
            number = next(_numbers)
            kind, detail = self._ask(number)
            self._outcomes.append(Outcome(began, time.time(), self.edge.name, self.name, kind, detail))
            if kind != "answered":
                self._hang_up()
            self._over.wait(max(0.0, self._pause - (time.time() - began)))
        self._hang_up()

    def _ask(self, number):
        if self._wire is None or self._left == 0:
            self._hang_up()
            try:
                self._wire = Wire((self.edge.address, 80), timeout=_PATIENCE / PATIENCE)
            except OSError as error:
                return "refused", str(error)
            self._left = _REQUESTS_PER_CONNECTION
        elif self._has_ended():
            # A kept connection that the edge has closed between requests: as a browser, anew.
            self._left = 0
            return self._ask(number)
        self._left -= 1
        return ask(self._wire, self.name, number, "POST" if number % 2 else "GET")

    def _has_ended(self):
        """The edge said goodbye while nothing was asked."""
        try:
            self._wire.socket.setblocking(False)
            return self._wire.socket.recv(1, socket.MSG_PEEK) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
        finally:
            self._wire.socket.settimeout(_PATIENCE)

    def _hang_up(self):
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def stop(self):
        self._over.set()

    def join(self):
        self._thread.join(2 * _PATIENCE)


class Load:
    """Visitors of (edge, name) pairs, until it is stopped."""

    def __init__(self):
        self.outcomes = []
        self._visitors = []

    def visit(self, edge, name, rate=10):
        self._visitors.append(Visitor(edge, name, rate, self.outcomes))

    def stop(self):
        for visitor in self._visitors:
            visitor.stop()
        for visitor in self._visitors:
            visitor.join()
        self._visitors = []

    def between(self, since, until=None, edges=None):
        """Requests that began then."""
        until = until or time.time()
        return [each for each in list(self.outcomes)
                if since <= each.began < until and (edges is None or each.edge in edges)]

    def wrong(self):
        return [each for each in list(self.outcomes) if each.kind == "wrong"]

    def answered_since(self, moment):
        """Pairs that had an answer to a request that began after it."""
        return {(each.edge, each.name) for each in self.between(moment) if each.kind == "answered"}

    def pairs(self):
        return {(visitor.edge.name, visitor.name) for visitor in self._visitors}


def failures(outcomes):
    """{"declared SM-1005": 3, "refused": 2}, and nothing that was answered."""
    count = Counter()
    for each in outcomes:
        if each.kind in _FAILURES:
            count[f"{each.kind} {each.detail}" if each.kind == "declared" else each.kind] += 1
    return dict(count)


def longest_gap(outcomes):
    """The longest time that a visitor of one name at one edge had no answer, in seconds."""
    last, longest = {}, 0.0
    for each in sorted(outcomes, key=lambda one: one.ended):
        if each.kind == "answered":
            pair = (each.edge, each.name)
            longest = max(longest, each.ended - last.get(pair, each.ended))
            last[pair] = each.ended
    return longest
