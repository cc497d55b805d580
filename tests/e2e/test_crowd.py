"""Thousands of requests of every kind, most of them cut off somewhere: nothing of them stays."""

import os
import random
import threading

from support.figures import record
from support.listening import Echo
from support.origin import Origin
from support.process import resident_bytes
from support.settings import SHORT, sized
from support.waiting import Stopwatch, await_condition
from support.wire import ConnectionEnded, Wire, request

VISITORS = 12
ROUNDS = sized(120, 15)
GROWTH_MAX = 20_000_000


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Crowd:
    """Visitors who do what visitors do. Each action ends its connection in its own way."""

    def __init__(self, edge, web, raw):
        self.edge, self.web, self.raw = edge, web, raw
        self.unexpected = []
        self.stalled = []

    def come(self, seed):
        threads = [threading.Thread(target=self._visit, args=(random.Random(seed + n),))
                   for n in range(VISITORS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for visitor in self.stalled:
            visitor.reset()
        self.stalled.clear()

    def _visit(self, dice):
        actions = [name for name in dir(self) if name.startswith("do_")]
        for _ in range(ROUNDS):
            action = dice.choice(actions)
            try:
                getattr(self, action)(dice)
            except TimeoutError as why:  # the only OSError that is none of theirs
                self.unexpected.append(f"{action}: {why!r}")
            except (OSError, ConnectionEnded):
                pass  # many of them end so
            except Exception as why:
                self.unexpected.append(f"{action}: {why!r}")

    def _open(self, method, target, headers=(), body=b""):
        visitor = Wire(self.edge.http, timeout=20)
        visitor.send(request(method, target, self.web.host, headers, body))
        return visitor

    def do_several_requests(self, dice):
        with Wire(self.edge.http, timeout=20) as visitor:
            for method, target, status in (("GET", "/", 200), ("HEAD", "/bytes/1000", 200),
                                           ("GET", "/status/204", 204), ("GET", "/trailers", 200),
                                           ("GET", "/early-hints", 200), ("POST", "/echo", 200)):
                body = b"x" * dice.randrange(100_000) if method == "POST" else b""
                try:
                    answer = visitor.ask(request(method, target, self.web.host, body=body))
                except TimeoutError:
                    raise AssertionError(f"{method} {target} {len(body)} {visitor.buffer!r}") from None
                assert answer.status == status, (target, answer.body)

    def do_fail_at_the_service(self, dice):
        target = dice.choice(("/reset", "/short", "/garbage", "/drop", "/until-close", "/http10"))
        with self._open("GET", target) as visitor:
            visitor.read_answer()

    def do_leave_while_waiting(self, dice):
        self._open(dice.choice(("GET", "POST")), "/hang").reset()

    def do_leave_a_download(self, dice):
        visitor = self._open("GET", dice.choice(("/bytes/8000000", "/endless")))
        visitor.read_exactly(dice.randrange(1, 300_000))
        dice.choice((visitor.reset, visitor.close))()

    def do_stall_a_download(self, dice):
        if len(self.stalled) < 40:
            visitor = Wire(self.edge.http, timeout=20, receive_buffer=16384)
            visitor.send(request("GET", "/bytes/8000000", self.web.host))
            self.stalled.append(visitor)

    def do_leave_an_upload(self, dice):
        visitor = self._open("PUT", "/upload", [("Content-Length", "5000000")])
        visitor.send(b"x" * dice.randrange(1, 400_000))
        dice.choice((visitor.reset, visitor.close, visitor.finish))()

    def do_upload_to_whom_does_not_read(self, dice):
        with self._open("POST", "/refuse-expect", [("Content-Length", "9000000")]) as visitor:
            visitor.send(b"x" * dice.randrange(1, 600_000))
            visitor.read_answer()

    def do_leave_a_head(self, dice):
        with Wire(self.edge.http) as visitor:
            visitor.send(b"GET / HTTP/1.1\r\nHost: x"[:dice.randrange(24)])

    def do_upgrade_and_leave(self, dice):
        visitor = self._open("GET", "/upgrade", [("Upgrade", "shout"), ("Connection", "Upgrade")])
        answer = visitor.read_head()
        assert answer.status == 101, visitor.read_to_end()
        visitor.send(b"hello")
        assert visitor.read_exactly(5) == b"HELLO"
        dice.choice((visitor.reset, visitor.close))()

    def do_talk_tcp(self, dice):
        visitor = Wire(self.raw.tcp, timeout=20)
        data = os.urandom(dice.randrange(1, 50_000))
        visitor.send(data)
        assert visitor.read_exactly(len(data)) == data
        if dice.random() < 0.5:
            visitor.finish()
            assert visitor.read_to_end() == b""
        dice.choice((visitor.reset, visitor.close))()


def test_nothing_stays_of_visitors_who_come_and_go(own_edge, agents):
    edge = own_edge()
    origin, echo = Origin(), Echo()
    # Captures are kept, on purpose: not of this crowd.
    web = agents("http", str(origin.port), "--no-inspect", at=edge).ready()
    raw = agents("tcp", str(echo.port), at=edge).ready()
    programs = {"servermed": edge.pid, "web": web.pid, "raw": raw.pid}
    quiet = {name: descriptors(pid) for name, pid in programs.items()}

    def come(seed):
        crowd = Crowd(edge, web, raw)
        crowd.come(seed)
        assert crowd.unexpected == [], "\n".join(crowd.unexpected)

        # A second lane may have come, and stays for a while.
        def is_over():
            return all(descriptors(pid) <= quiet[name] + (2 if name == "servermed" else 1)
                       for name, pid in programs.items()) and not echo.open

        await_condition(is_over, 20, "no descriptor of theirs")

    # The heap reaches its size after some of them, and keeps it.
    for warming in range(3):
        come(warming * 100)
    before = {name: resident_bytes(pid) for name, pid in programs.items()}
    watch = Stopwatch()
    come(1000)
    come(2000)
    record("crowd.visits", f"{2 * VISITORS * ROUNDS} in {watch.seconds:.1f}", "s")
    for name, pid in programs.items():
        growth = resident_bytes(pid) - before[name]
        record(f"crowd.{name}.growth", round(growth / 1e6, 1), "MB")
        assert SHORT or growth < GROWTH_MAX, f"{name} grew by {growth} bytes"
    spent = {name: processor_seconds(pid) for name, pid in programs.items()}
    assert edge.fetch(web.host).status == 200
    for name, pid in programs.items():
        assert processor_seconds(pid) - spent[name] < 0.5, f"{name} is busy with nothing"
    edge.stop()
    origin.close()
    echo.close()
