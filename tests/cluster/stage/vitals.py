"""Descriptors and memory of every node over a run, and who answers for a name: what must hold throughout."""

import threading
import time

from support.process import resident_bytes
from support.settings import SHORT
from support.waiting import await_condition
from support.wire import ConnectionEnded, fetch

from .cluster import DOMAIN

# A link that is being dialed, a connection of the database that is replaced, a visitor who is there.
_DESCRIPTORS_MORE = 12
_RESIDENT_MORE = 24 * 1024 * 1024


class Vitals:
    """Of processes that live long: a node that was started again begins anew."""

    def __init__(self, nodes):
        self._first = {}
        self.look(nodes)

    def look(self, nodes):
        """Remembers those it has not seen yet."""
        for node in nodes:
            if node.is_running and (node.name, node.pid) not in self._first:
                self._first[node.name, node.pid] = (node.descriptors(), resident_bytes(node.pid))

    def growth(self, nodes):
        """{name: (descriptors, bytes)} beyond the first look, of processes that are still the same."""
        grown = {}
        for node in nodes:
            first = self._first.get((node.name, node.pid)) if node.is_running else None
            if first:
                grown[node.name] = (node.descriptors() - first[0], resident_bytes(node.pid) - first[1])
        return grown

    def await_no_growth(self, nodes, timeout=20, descriptors=_DESCRIPTORS_MORE, resident=_RESIDENT_MORE):
        """At rest nothing is left of what was. Returns the growth."""
        def is_flat():
            return all(more <= descriptors and (SHORT or bytes_more <= resident)
                       for more, bytes_more in self.growth(nodes).values())
        try:
            await_condition(is_flat, timeout, "descriptors and memory are as before")
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.growth(nodes)}") from None
        return self.growth(nodes)


class OwnerWatch:
    """Asks all edges for the same names, and holds on to who answers: a name has one owner at a time.

    An owner is an account: `anna` of a service whose answers say X-Owner: anna-1. Names may pass from one to
    another, but not back: the tests that use this let nobody come again. So an answer of a former owner to
    a request that began after the next one had answered is a second owner."""

    def __init__(self, edges, names, every=0.05):
        self.violations, self.changes = [], []
        self._edges, self._names, self._every = edges, names, every
        self._owner = {}  # name -> (owner, when it had first answered)
        self._former = {name: set() for name in names}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(edge,), daemon=True)
                         for edge in edges]
        for thread in self._threads:
            thread.start()

    def _watch(self, edge):
        while not self._over.is_set():
            for name in self._names:
                began = time.time()
                owner = self.owner_at(edge, name)
                if owner:
                    self._take(edge, name, owner.partition("-")[0], began)
            self._over.wait(self._every)

    @staticmethod
    def owner_at(edge, name, timeout=2):
        """Whose service answers for the name at that edge; None: none does."""
        try:
            answer = fetch((edge.address, 80), "/", f"{name}.{DOMAIN}", timeout=timeout)
        except (OSError, ConnectionEnded):
            return None
        return answer.get("X-Owner") if answer.status == 200 else None

    def _take(self, edge, name, owner, began):
        with self._lock:
            current = self._owner.get(name)
            if current is None or (owner != current[0] and owner not in self._former[name]):
                if current:
                    self._former[name].add(current[0])
                self._owner[name] = (owner, time.time())
                self.changes.append((time.time(), edge.name, name, owner))
            elif owner != current[0] and began > current[1]:
                self.violations.append(f"{name}: {owner} at {edge.name}, {began - current[1]:.2f} s "
                                       f"after {current[0]}")

    def owner(self, name):
        with self._lock:
            return self._owner.get(name, (None, 0))[0]

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        assert self.violations == [], self.violations[:10]
