"""The dashboard and the alert rules name metrics that a running node really has."""

import json
import re
import shutil

import pytest
import yaml

from support.process import run
from support.programs import SERVERMED, Edge, Workplace
from support.settings import SOURCE
from support.wire import as_address, fetch

PACKAGING = SOURCE / "packaging"
DASHBOARD = PACKAGING / "grafana" / "serverme.json"
ALERTS = PACKAGING / "alerts" / "serverme.yml"
_METRIC = re.compile(r"\b(?:serverme|process)_[a-z_]+\b")
_CLUSTER = "cluster:\n  join: 127.0.0.1:0\n  listen: 127.0.0.1:0\n  host: 127.0.0.1\n"


def dashboard_panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def metrics_in(expressions):
    # Instances are named by Prometheus, and `serverme` is the job.
    return {name for each in expressions for name in _METRIC.findall(each)}


def test_the_dashboard_is_whole():
    panels = dashboard_panels()
    assert len(panels) > 15
    for panel in panels:
        assert panel["title"] and panel["description"] and panel["targets"], panel["id"]
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")"), target["expr"]
    places = [tuple(panel["gridPos"].values()) for panel in panels]
    assert len(places) == len(set(places)), "no panel hides another"


def test_each_alert_says_what_to_do():
    for rule in rules():
        assert rule["labels"]["severity"] in ("info", "warning", "critical"), rule["alert"]
        assert rule["annotations"]["summary"] and rule["annotations"]["description"], rule["alert"]
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def questions():
    """Those of the dashboard, as Grafana sends them."""
    return [target["expr"].replace("$node", ".*") for panel in dashboard_panels() for target in panel["targets"]]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (package prometheus)")
def test_prometheus_understands_the_rules_and_the_questions(tmp_path):
    assert "SUCCESS" in run(["promtool", "check", "rules", ALERTS]).stdout
    asked = [{"record": f"question:{number}", "expr": each} for number, each in enumerate(questions())]
    made = tmp_path / "questions.yml"
    made.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))
    assert "SUCCESS" in run(["promtool", "check", "rules", made]).stdout


@pytest.fixture(scope="module")
def node():
    """A node of a cluster that is edge and control, for it has all metrics there are."""
    place = Workplace()
    config = place.path / "node.yml"
    config.write_text(_CLUSTER)
    run([SERVERMED, "init", "--role", "edge", "--host", "127.0.0.1", "--config", config, "--data-dir",
         place.path / "data", "--json"])
    made = Edge(place.path, "--config", config)
    yield made
    made.discard()
    place.remove()


def test_every_metric_that_is_named_is_there(node):
    answer = fetch(as_address(node.ready["health"]), "/metrics", "node")
    assert answer.status == 200
    there = set(re.findall(r"^# TYPE (\S+) ", answer.body.decode(), re.M))
    named = metrics_in([rule["expr"] for rule in rules()]) | metrics_in(questions())
    assert len(named) > 15
    assert named - there == set()
