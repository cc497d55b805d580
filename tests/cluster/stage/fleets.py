"""Many idle agents in one process: serverme_load agents, on the host of all laptops."""

import json
import subprocess
import threading

from support.settings import BIN
from support.waiting import await_condition

# What a node allows to one account.
_PER_ACCOUNT = 200


class Fleet:
    def __init__(self, cluster, count, *options, server):
        self.count, self.news = count, []
        keys = cluster.place / f"keys-{count}"
        keys.write_text("".join(cluster.key(f"fleet{number}") + "\n"
                                for number in range(-(-count // _PER_ACCOUNT))))
        self._log = open(cluster.place / "fleet.log", "ab")
        # It ends with its standard input, and so with us.
        self._process = subprocess.Popen(
            cluster.laptops.command([BIN / "serverme_load", "agents", "--count", count, "--target",
                                     f"{server}:443", "--ca", cluster.place / "ca.pem", "--keys", keys,
                                     *options]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True)
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self):
        for line in self._process.stdout:
            self.news.append(json.loads(line))

    def await_complete(self, number, timeout=60):
        """What it says once all are up (1), back for the first time (2), ..."""
        def told():
            assert self._process.poll() is None, "serverme_load ended"
            return len(self.news) >= number and self.news[number - 1]
        news = await_condition(told, timeout, "all agents are up")
        assert news["up"] == self.count, news
        return news

    def drop(self):
        """All lose their connections at once; what they say when they are back."""
        number = len(self.news) + 1
        self._process.stdin.write("drop\n")
        self._process.stdin.flush()
        return self.await_complete(number)

    def stop(self):
        self._process.stdin.close()
        self._process.wait(20)
        self._log.close()
