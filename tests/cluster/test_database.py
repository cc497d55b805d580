"""PostgreSQL is restarted, and is away for a while: what runs goes on, what changes is told so."""

import time

from stage.laptops import Laptop
from stage.scene import fault, open_everywhere
from support.waiting import await_condition


def is_ready(node):
    try:
        return node.readiness()[0] == 200
    except OSError:
        return False


def test_tunnels_go_on_while_postgresql_is_away(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    with fault("postgres_away", load) as cost:
        cluster.database.kill()
        for node in cluster.of("control"):
            await_condition(lambda: node.readiness()[0] == 503, 15, f"/readyz of {node.name} tells")
        late = Laptop(cluster, "anna", "http", tunnels.services["shop-1"].place, "--subdomain", "late")
        try:
            await_condition(lambda: "SM-2011" in late.program.output() + late.program.errors(), 20,
                            "a new agent is told that nobody decides")
            back = time.time()
            cluster.database.start()
            for node in cluster.of("control"):
                await_condition(lambda: is_ready(node), 15, f"{node.name} is ready")
            cost.note("ready_after", round(time.time() - back, 2), "s")
            late.ready(timeout=30)
            cost.note("new_name_after", round(time.time() - back, 2), "s")
        finally:
            late.kill()
    assert cost.failed() == {}


def test_a_restart_of_postgresql_costs_no_request(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    with fault("postgres_restart", load) as cost:
        cluster.database.stop()
        cluster.database.start()
        back = time.time()
        await_condition(cluster.leader, 15, "a control node leads")
        cost.note("leads_after", round(time.time() - back, 2), "s")
        tunnels.open("fresh").ready(timeout=30)
        cost.note("new_name_after", round(time.time() - back, 2), "s")
    assert cost.failed() == {}


def test_with_all_control_nodes_away_edges_go_on(cluster, tunnels, load):
    open_everywhere(cluster, tunnels, load)
    with fault("all_control_away", load) as cost:
        for node in cluster.of("control"):
            node.kill()
        laptop = tunnels.laptops["shop-1"]
        mark = laptop.mark()
        # Its connection breaks: it comes back with its token, without anybody to ask.
        cluster.laptops.unplug()
        await_condition(lambda: not laptop.is_up, 15, "the laptop has lost its edge")
        cluster.laptops.mend()
        laptop.await_event("connected", 20, mark, resumed=True)
        # A balancer must not take visitors away from edges that serve.
        status, said = cluster.edges()[0].readiness()
        assert (status, said["status"]) == (200, "degraded") and "leader" in said["missing"]
        for node in cluster.of("control"):
            node.start()
        back = time.time()
        tunnels.open("fresh").ready(timeout=30)
        cost.note("new_name_after", round(time.time() - back, 2), "s")
    told = {"declared SM-1005", "declared SM-1015"}
    assert set(cost.failed()) <= told, "while the laptops had no network visitors were told so"
