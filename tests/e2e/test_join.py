"""From one node to many: a cluster is made, nodes join it with tokens, renew, leave, are thrown out."""

import base64
import json
import os
import shutil
import signal
import stat
import subprocess
import time
import zlib

import pytest

from support.figures import record
from support.process import run
from support.programs import SERVERMED, Edge, Workplace
from support.settings import PATIENCE
from support.waiting import Stopwatch, await_condition

CLUSTER = "cluster:\n  join: 127.0.0.1:0\n  listen: 127.0.0.1:0\n  host: 127.0.0.1\n"


class Control:
    """A control node that lets others join, with a database of its own."""

    def __init__(self, directory):
        self.directory = directory
        self.data = directory / "data"
        self.config = directory / "node.yml"
        self.config.write_text(CLUSTER)
        self.made = self.command("init", "--role", "edge", "--name", "first", "--host", "127.0.0.1")
        self.node = None

    def start(self):
        self.node = Edge(self.directory, "--config", self.config)
        return self

    @property
    def address(self):
        return self.node.ready["join"]

    def command(self, *words):
        return json.loads(run([SERVERMED, *words, "--data-dir", self.data, "--json"]).stdout)

    def token(self, *words, role="edge"):
        return self.command("token", "create", "--role", role, *words)

    def member(self, node):
        return {each["id"]: each for each in self.command("node", "list")}[node]


@pytest.fixture(scope="module")
def control(workplace):
    made = Control(workplace).start()
    try:
        yield made
        made.node.stop()
    finally:
        made.node.discard()


@pytest.fixture
def machine():
    """machine() is the data directory of a machine that is no node yet."""
    places = []

    def make():
        places.append(Workplace())
        return places[-1].path / "data"

    yield make
    for place in places:
        place.remove()


def join(data, token, *words, **keywords):
    return run([SERVERMED, "join", "--data-dir", data, "--token", token, "--host", "127.0.0.1",
                "--json", *words], **keywords)


def join_well(data, token, *words):
    return json.loads(join(data, token, *words).stdout)


def assert_refused(done, code):
    assert done.returncode != 0 and code in done.stderr, done.stderr
    assert done.stdout == ""


def assert_no_node(data):
    folder = data / "cluster"
    assert not folder.exists() or not list(folder.iterdir()), "something of a node was left"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_node_joins_with_a_token(control, machine):
    data = machine()
    watch = Stopwatch()
    made = join_well(data, control.token("--label", "rack 3")["token"], "--name", "second")
    record("join.took", round(watch.seconds, 2), "s")
    assert made["cluster"] == control.made["cluster"] and made["roles"] == "edge"
    folder = data / "cluster"
    assert mode(folder / "node.key") == 0o600 and mode(folder) == 0o700
    assert "PRIVATE KEY" in (folder / "node.key").read_text()
    assert not (folder / "cluster.key").exists(), "an edge has no business with the CA"
    kept = json.loads((folder / "cluster.json").read_text())
    assert kept["join"] == [control.address] and kept["node"] == made["node"]
    seen = control.member(made["node"])
    assert (seen["name"], seen["roles"], seen["state"]) == ("second", "edge", "member")


def test_a_control_node_gets_what_it_needs_to_let_others_join(control, machine):
    data = machine()
    made = join_well(data, control.token(role="control,worker")["token"])
    assert made["roles"] == "worker,control"
    key = data / "cluster" / "cluster.key"
    assert mode(key) == 0o600
    assert key.read_text() == (control.data / "cluster" / "cluster.key").read_text()
    control.command("node", "remove", made["node"])


def test_the_token_may_come_in_a_file_or_on_standard_input(control, machine):
    token = control.token("--uses", "2")["token"]
    data = machine()
    data.parent.joinpath("token").write_text(token + "\n")
    command = [SERVERMED, "join", "--host", "127.0.0.1", "--json", "--data-dir"]
    assert run([*command, data, "--token-file", data.parent / "token"]).returncode == 0
    read, write = os.pipe()
    os.write(write, token.encode() + b"\n")
    os.close(write)
    assert run([*command, machine(), "--token", "-"], stdin=read).returncode == 0
    os.close(read)


def test_a_token_is_good_once(control, machine):
    token = control.token()["token"]
    join_well(machine(), token)
    again = machine()
    assert_refused(join(again, token, check=False), "SM-5017")
    assert_no_node(again)


def test_of_those_who_use_a_token_at_once_one_joins(control, machine):
    token = control.token()["token"]
    started = [subprocess.Popen([SERVERMED, "join", "--data-dir", machine(), "--token", token],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
               for _ in range(5)]
    said = [program.communicate(timeout=60)[1] for program in started]
    assert sorted(program.returncode for program in started) == [0, 1, 1, 1, 1], said
    assert sum("SM-5017" in each for each in said) == 4


def test_expired_revoked_and_too_small_tokens_are_refused(control, machine):
    data = machine()
    late = control.token("--ttl", "1s")
    state = lambda: {each["id"]: each["state"] for each in control.command("token", "list")}
    await_condition(lambda: state()[late["id"]] == "expired", 20, "the token expires")
    assert_refused(join(data, late["token"], check=False), "SM-5015")
    taken_back = control.token()
    control.command("token", "revoke", taken_back["id"])
    assert_refused(join(data, taken_back["token"], check=False), "SM-5016")
    small = control.token()["token"]
    assert_refused(join(data, small, "--role", "control", check=False), "SM-5018")
    assert_no_node(data)
    join_well(data, small)


def with_other_secret(token):
    """The same CA and address, and a checksum that is right."""
    body = token.removeprefix("smjoin_")
    content = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))[:-4])
    content[33:57] = os.urandom(24)
    whole = bytes(content) + zlib.crc32(content).to_bytes(4, "big")
    return "smjoin_" + base64.urlsafe_b64encode(whole).decode().rstrip("=")


def test_a_wrong_token_is_told_from_one_that_was_copied_badly(control, machine):
    token = control.token()["token"]
    data = machine()
    assert_refused(join(data, with_other_secret(token), check=False), "SM-5014")
    assert_refused(join(data, token[:-1], check=False), "SM-5013")
    assert_refused(join(data, token.replace("smjoin_", ""), check=False), "SM-5013")
    assert_no_node(data)
    join_well(data, token)


def test_a_token_of_another_cluster_is_not_even_sent(control, machine):
    other = Workplace()
    try:
        stranger = Control(other.path)
        made = stranger.token("--address", control.address)
        data = machine()
        assert_refused(join(data, made["token"], check=False), "SM-5019")
        assert_no_node(data)
        assert stranger.command("token", "list")[0]["state"] == "good"
    finally:
        other.remove()


def test_a_directory_holds_one_node(control, machine):
    data = machine()
    join_well(data, control.token()["token"])
    token = control.token()
    assert_refused(join(data, token["token"], check=False), "SM-5011")
    join_well(machine(), token["token"])


def test_where_nobody_listens_the_node_is_told(control, machine, relay):
    network = relay(("127.0.0.1", int(control.address.rpartition(":")[2])))
    token = control.token("--address", f"127.0.0.1:{network.port}")["token"]
    network.close()
    data = machine()
    assert_refused(join(data, token, check=False), "SM-5025")
    assert_no_node(data)


def test_a_removed_node_gets_no_more_certificates(control, machine):
    data = machine()
    made = join_well(data, control.token()["token"])
    renew = [SERVERMED, "node", "renew", "--data-dir", data, "--json"]
    before = control.member(made["node"])["certificate_serial"]
    renewed = json.loads(run(renew).stdout)
    assert renewed["certificate_serial"] != before
    assert control.member(made["node"])["certificate_serial"] == renewed["certificate_serial"]
    control.command("node", "remove", made["node"])
    assert_refused(run(renew, check=False), "SM-5023")
    assert control.member(made["node"])["state"] == "removed"


@pytest.fixture
def running(control, machine):
    """running(data) is a node that runs in there; it joins first unless it has."""
    nodes = []

    def start(data):
        config = data.parent / "node.yml"
        config.write_text(CLUSTER)
        if not (data / "cluster").exists():
            join_well(data, control.token()["token"])
        nodes.append(Edge(data.parent, "--config", config))
        return nodes[-1]

    yield start
    for node in nodes:
        node.discard()


def is_member(node):
    return node.readiness()[1]["parts"]["membership"] == "ready"


def identity_in(data):
    return json.loads((data / "cluster" / "cluster.json").read_text())["node"]


def ended_because(node, code):
    """Whether it has ended by itself, and said why."""
    return not node.program.is_running and code in node.program.errors()


def test_a_node_that_is_removed_while_it_runs_stops_and_stays_out(control, machine, running):
    data, other = machine(), machine()
    node, witness = running(data), running(other)
    await_condition(lambda: is_member(node) and witness.metrics()['serverme_links'] == 2, 10,
                    "all are connected")
    watch = Stopwatch()
    control.command("node", "remove", identity_in(data))
    await_condition(lambda: ended_because(node, "SM-5023"), 10, "the removed node stops")
    record("join.removed_stopped_after", round(watch.seconds, 1), "s")
    assert node.program.process.returncode == 1
    await_condition(lambda: witness.metrics()['serverme_members{state="alive"}'] == 2, 10,
                    "the others do not know it any more")
    with pytest.raises(AssertionError, match="SM-5023"):
        running(data)


def copy_of(data, place):
    """Another machine with the identity of the one that has `data`."""
    place.mkdir()
    shutil.copytree(data / "cluster", place / "cluster")
    return place


def test_a_copy_of_a_node_is_told_so_and_the_original_notices_nothing(machine, running):
    data = machine()
    node = running(data)
    await_condition(lambda: is_member(node), 10, "it is a member")
    watch = Stopwatch()
    # It has ended before it was ready: an edge waits for the others.
    copy = run([SERVERMED, "dev", "--data-dir", copy_of(data, machine()),
                *(word for name in ("http", "tls", "api", "health")
                  for word in (f"--{name}", "127.0.0.1:0")),
                "--config", data.parent / "node.yml"], check=False)
    record("join.copy_stopped_after", round(watch.seconds, 1), "s")
    assert watch.seconds < 5 * PATIENCE
    assert_refused(copy, "SM-5021")
    assert is_member(node)
    lost = {name: value for name, value in node.metrics().items() if "link_lost" in name}
    assert lost and not any(lost.values()), lost


def test_a_node_that_went_silent_makes_way_for_its_successor(control, machine, running):
    """As when a machine loses its power: its connections still look alive elsewhere."""
    data = machine()
    node = running(data)
    await_condition(lambda: is_member(node), 10, "it is a member")
    node.program.send_signal(signal.SIGSTOP)
    begun = int(time.time())
    await_condition(lambda: int(time.time()) > begun, 2, "the next second: that is what a run is")
    watch = Stopwatch()
    again = running(copy_of(data, machine()))
    await_condition(lambda: is_member(again), 10, "the successor is in")
    record("join.successor_in_after", round(watch.seconds, 1), "s")
    assert watch.seconds < 6 * PATIENCE, "4 s, and its start"
    node.kill()
    assert again.program.is_running


def test_a_node_leaves_and_may_come_back_as_another(control, machine):
    data = machine()
    made = join_well(data, control.token()["token"])
    run([SERVERMED, "leave", "--data-dir", data])
    assert_no_node(data)
    assert control.member(made["node"])["removed_by"] == "itself"
    assert_refused(run([SERVERMED, "leave", "--data-dir", data], check=False), "SM-5010")
    again = join_well(data, control.token()["token"])
    assert again["node"] != made["node"]


def test_a_key_that_others_can_read_is_not_used(control, machine):
    data = machine()
    join_well(data, control.token()["token"])
    (data / "cluster" / "node.key").chmod(0o644)
    done = run([SERVERMED, "node", "renew", "--data-dir", data], check=False)
    assert_refused(done, "SM-4003")


def test_the_last_control_node_cannot_be_removed(control):
    done = run([SERVERMED, "node", "remove", control.made["node"], "--data-dir", control.data],
               check=False)
    assert_refused(done, "SM-5026")


def test_secrets_are_in_no_log_and_no_list(control, machine):
    made = control.token()
    join(machine(), made["token"])
    secret = made["token"].removeprefix("smjoin_")
    listed = run([SERVERMED, "token", "list", "--data-dir", control.data, "--json"]).stdout
    for text in (listed, control.node.program.errors(), control.node.program.output()):
        assert secret not in text and "PRIVATE KEY" not in text
        assert (control.data / "cluster" / "cluster.key").read_text().strip() not in text


def test_a_cluster_is_made_once(machine):
    data = machine()
    init = [SERVERMED, "init", "--data-dir", data, "--host", "127.0.0.1", "--json"]
    made = json.loads(run(init).stdout)
    assert made["roles"] == "control"
    assert_refused(run(init, check=False), "SM-5011")
    run([SERVERMED, "leave", "--force", "--data-dir", data])
    assert_refused(run(init, check=False), "SM-5009")
