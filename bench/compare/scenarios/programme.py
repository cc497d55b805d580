"""Every scenario, and which of them each mode runs."""

from .beside import BesideBulk, BesideStalled
from .bulk import all_bulks
from .idle_agents import AgentsReconnect, IdleAgents, IdleTunnels
from .public_tls import ClosingTls, KeepAliveTls
from .scenario import Mode
from .small import Closing, FixedRate, KeepAlive
from .tcp import PingPong
from .websocket import WebSocket, WebSocketRate
from .wide_area import all_wide

FULL = Mode("full", rounds=5, wrk_seconds=1, seconds=1.0, bulk_bytes=1 << 30, peers=True,
            warm_each=True)
QUICK = Mode("quick", rounds=5, wrk_seconds=1, seconds=0.5, bulk_bytes=256 << 20, peers=False,
             warm_each=False,
             scenarios=frozenset({"small_1", "small_32", "small_256", "bulk_down", "bulk_up",
                                  "beside_bulk", "tcp_ping_pong", "wan_bulk_50ms_50MB"}))


def scenarios(mode):
    every = [KeepAlive(1), KeepAlive(32), KeepAlive(256), Closing(), KeepAliveTls(32), ClosingTls(),
             FixedRate(1000), FixedRate(5000), *all_bulks()[:3], BesideBulk(), BesideStalled(),
             WebSocket(), WebSocketRate(2000), PingPong(), *all_bulks()[3:],
             AgentsReconnect(), IdleAgents(), IdleTunnels(), *all_wide()]
    return [one for one in every if not mode.scenarios or one.key in mode.scenarios]


def warm_up():
    """What fills connections and caches when scenarios are not warmed up one by one."""
    return [KeepAlive(256), all_bulks()[0]]
