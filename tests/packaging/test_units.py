"""The systemd unit, the compose file and the image are understood, and fit the programs."""

import re
import shutil
import subprocess

import pytest
import yaml

from support.process import run
from support.settings import BIN, SOURCE

CLUSTER = SOURCE / "packaging" / "cluster"
UNIT = CLUSTER / "servermed@.service"


def seconds_of(text):
    return int(re.fullmatch(r"(\d+)s?", text).group(1))


def unit_settings():
    lines = [line for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def drain_seconds():
    """limits.drain_time, as the example of a configuration has it."""
    example = (SOURCE / "config" / "servermed.yml").read_text()
    return seconds_of(yaml.safe_load(example)["limits"]["drain_time"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit(tmp_path):
    # It looks for the program too.
    text = UNIT.read_text().replace("/usr/bin/servermed", str(BIN / "servermed"))
    made = tmp_path / "servermed@edge-1.service"
    made.write_text(text)
    done = run(["systemd-analyze", "verify", "--man=no", made], check=False)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "servermed@" in line]
    assert done.returncode == 0 and ours == [], ours


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_unit_may_do_little(tmp_path):
    made = tmp_path / "servermed@edge-1.service"
    made.write_text(UNIT.read_text())
    done = run(["systemd-analyze", "security", "--offline=true", made], check=False)
    if "Unknown option" in done.stderr or "unrecognized option" in done.stderr:
        pytest.skip("this systemd cannot look at a file")
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert found and float(found.group(1)) < 3.0, done.stdout[-400:] + done.stderr


def test_a_node_may_drain_before_it_is_killed():
    assert seconds_of(unit_settings()["TimeoutStopSec"]) > 2 * drain_seconds()
    compose = yaml.safe_load((CLUSTER / "compose.yml").read_text())
    assert seconds_of(compose["services"]["node"]["stop_grace_period"]) > 2 * drain_seconds()


def test_the_compose_file_names_what_there_is():
    compose = yaml.safe_load((CLUSTER / "compose.yml").read_text())
    node = compose["services"]["node"]
    context = (CLUSTER / node["build"]["context"]).resolve()
    assert context == SOURCE and (SOURCE / node["build"]["dockerfile"]).is_file()
    volumes = {volume.split(":")[0] for service in compose["services"].values()
               for volume in service["volumes"] if not volume.startswith("./")}
    assert volumes == set(compose["volumes"])
    assert node["cap_drop"] == ["ALL"] and node["cap_add"] == ["NET_BIND_SERVICE"]


@pytest.mark.skipif(subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode
                    if shutil.which("docker") else True, reason="docker compose is not installed")
def test_docker_understands_the_compose_file():
    run(["docker", "compose", "-f", CLUSTER / "compose.yml", "config", "--quiet"])


def needed_libraries(program):
    text = run(["objdump", "-p", program]).stdout
    return set(re.findall(r"^ +NEEDED +(\S+)$", text, re.M))


def package_of(library):
    paths = run(["ldconfig", "-p"]).stdout
    path = re.search(rf"^\s*{re.escape(library)} .*=> (\S+)$", paths, re.M).group(1)
    for candidate in (path, path.removeprefix("/usr"), "/usr" + path):
        done = run(["dpkg", "-S", candidate], check=False)
        if done.returncode == 0:
            return done.stdout.partition(":")[0]
    return None


@pytest.mark.skipif(not shutil.which("dpkg"), reason="not a Debian system")
def test_the_image_has_every_library_that_the_programs_need():
    installed = set(re.findall(r"^ {6}([a-z0-9.+-]+)", (CLUSTER / "Dockerfile").read_text(), re.M))
    of_every_image = {"libc6", "libgcc-s1", "libstdc++6", "zlib1g"}
    libraries = needed_libraries(BIN / "servermed") | needed_libraries(BIN / "serverme")
    packages = {package_of(library) for library in libraries if "asan" not in library}
    assert packages - of_every_image - installed == set()
