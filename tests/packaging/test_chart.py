"""The Helm chart: linted, rendered, and every manifest held against Kubernetes' own schemas, old and new."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from statuary._version import __version__
from statuary.cli.remote import Remote
from statuary.cli.settings import ports, settings
from statuary.serve.assemble import RELOAD_SECONDS
from statuary.serve.rulebook import read_rule_files
from tests.conftest import ROOT, start_server, stop_server
from tests.packaging.conftest import NOBODY, run, tool

CHART = ROOT / "deploy" / "helm" / "statuary"
KUBERNETES = ("1.25", "1.37")
"""The oldest release that the chart says it is for, and the newest that there are schemas of."""
RULES = '[[rule]]\nprotocol = "http"\nanswer = "503"\n'
TOKEN = 's3cret:#"x'
VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "everything": {
        "rules": {"shop.toml": RULES, "a.toml": RULES},
        "settings": {"seed": 9007199254740991, "no_journal": True, "dialects": "ses,postmark"},
        "token": {"value": TOKEN},
        "tls": {"existingSecret": "cert"},
        "service": {"type": "LoadBalancer", "annotations": {"a": "b"}, "ports": {"site": 80, "smtp": 25}},
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "annotations": {"a": "b"},
            "hosts": [{"host": "codes.example"}, {"host": "mock.example", "port": "http"}],
            "tls": [{"secretName": "codes", "hosts": ["codes.example"]}],
        },
        "networkPolicy": {"enabled": True, "from": [{"podSelector": {}}]},
        "imagePullSecrets": [{"name": "registry"}],
        "podAnnotations": {"a": "b"},
        "podLabels": {"c": "d"},
        "nodeSelector": {"e": "f"},
        "tolerations": [{"key": "g", "operator": "Exists"}],
        "affinity": {"podAntiAffinity": {}},
    },
    "a secret of one's own": {"token": {"existingSecret": "mine", "value": "unused", "key": "word"}},
    "names that are too long": {"fullnameOverride": "x" * 62 + "-y", "nameOverride": "n" * 70},
}
WRONG: dict[str, dict[str, Any]] = {
    "no such value": {"replicas": 2},
    "no such setting": {"settings": {"hots": "x"}},
    "a setting that the chart makes": {"settings": {"host": "127.0.0.1"}},
    "no port": {"service": {"ports": {"site": 0}}},
    "no such port": {"service": {"ports": {"ftp": 21}}},
    "no rule file": {"rules": {"../x.toml": RULES}},
    "a token with a line break": {"token": {"value": "a\nb"}},
    "an ingress without hosts": {"ingress": {"enabled": True}},
}


def render(values: dict[str, Any], tmp_path: Path, chart: Path = CHART, *, check: bool = True) -> str:
    """What ``helm template`` makes of values."""
    given = tmp_path / "values.json"
    given.write_text(json.dumps(values), encoding="utf-8")
    words = (tool("helm"), "template", "one", chart, "--namespace", "shop", "--values", given)
    done = run(*words, "--kube-version", KUBERNETES[0], check=check)
    return done.stdout if check else done.stderr


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    """A way to install it."""
    return str(request.param)


@pytest.fixture
def manifests(variant: str, tmp_path: Path) -> dict[str, Any]:
    """What is installed, by kind."""
    found = [each for each in yaml.safe_load_all(render(VARIANTS[variant], tmp_path)) if each]
    kinds = [each["kind"] for each in found]
    assert len(kinds) == len(set(kinds))
    return dict(zip(kinds, found, strict=True))


def pod(manifests: dict[str, Any]) -> dict[str, Any]:
    """The specification of the pod."""
    return dict(manifests["Deployment"]["spec"]["template"]["spec"])


def variables(manifests: dict[str, Any]) -> dict[str, Any]:
    """The container's environment: values, or where they come from."""
    (container,) = pod(manifests)["containers"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_lint_has_nothing_to_say() -> None:
    assert "0 chart(s) failed" in run(tool("helm"), "lint", "--strict", CHART).stdout


def test_its_version_is_the_program_s() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_would_take_every_manifest(version: str, variant: str, tmp_path: Path) -> None:
    """Strictly: a field that the release does not know is an error."""
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(render(VARIANTS[variant], tmp_path), encoding="utf-8")
    said = run(tool("kubernetes-validate"), "--strict", "-k", version, rendered)
    found = re.findall(r"^(\w+) .* resource (\w+)/", said.stdout + said.stderr, re.MULTILINE)
    assert len(found) == rendered.read_text(encoding="utf-8").count("\nkind: ")
    assert {word for word, _ in found} == {"INFO"}


def test_every_pod_is_confined(manifests: dict[str, Any]) -> None:
    """The restricted profile of Kubernetes' Pod Security Standards, and a file system that cannot be written."""
    for spec in (pod(manifests), manifests["Pod"]["spec"]):
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == NOBODY
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        }
        assert container["resources"]["limits"]["memory"]


def test_the_service_leads_to_every_server(variant: str, manifests: dict[str, Any]) -> None:
    """By names of ports, which are those of ``statuary serve``."""
    (container,) = pod(manifests)["containers"]
    assert {each["name"]: each["containerPort"] for each in container["ports"]} == ports()
    service = manifests["Service"]["spec"]
    given = VARIANTS[variant].get("service", {}).get("ports", {})
    assert {each["name"]: each["port"] for each in service["ports"]} == ports() | given
    assert all(each["targetPort"] == each["name"] for each in service["ports"])
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == service["selector"]
    assert not service["selector"].items() <= manifests["Pod"]["metadata"]["labels"].items(), "the test is no server"
    assert manifests["Deployment"]["spec"]["replicas"] == 1


def test_probes_ask_where_no_token_is_needed(manifests: dict[str, Any]) -> None:
    """``tests/packaging/test_wheel.py`` asks the same addresses."""
    (container,) = pod(manifests)["containers"]
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {(name, get["path"], get["port"]) for name, get in probes.items()} == {
        ("startup", "/readyz", "site"),
        ("readiness", "/readyz", "site"),
        ("liveness", "/livez", "site"),
    }


def test_variables_are_settings(manifests: dict[str, Any]) -> None:
    assert set(variables(manifests)) <= {setting.variable for setting in settings()}
    assert variables(manifests)["STATUARY_HOST"] == "0.0.0.0"


def test_every_value_that_can_be_given_arrives(tmp_path: Path) -> None:
    """Large numbers whole, several rule files in order, the token nowhere but in its Secret."""
    text = render(VARIANTS["everything"], tmp_path)
    found = {each["kind"]: each for each in yaml.safe_load_all(text)}
    given = variables(found)
    assert given["STATUARY_SEED"] == "9007199254740991"
    assert given["STATUARY_NO_JOURNAL"] == "true"
    assert given["STATUARY_RULES"] == "/etc/statuary/rules/a.toml:/etc/statuary/rules/shop.toml"
    assert given["STATUARY_HOSTNAME"] == "one-statuary.shop.svc"
    assert given["STATUARY_TOKEN"] == {"secretKeyRef": {"name": "one-statuary", "key": "token"}}
    assert found["ConfigMap"]["data"] == {"a.toml": RULES, "shop.toml": RULES}
    assert found["Secret"]["stringData"] == {"token": TOKEN}
    assert text.count("s3cret") == 1
    backends = [rule["http"]["paths"][0]["backend"]["service"]["port"] for rule in found["Ingress"]["spec"]["rules"]]
    assert backends == [{"name": "site"}, {"name": "http"}]
    assert found["NetworkPolicy"]["spec"]["egress"] == []


def test_changed_rules_are_taken_over_as_a_node_changes_them(tmp_path: Path) -> None:
    """The files of a ConfigMap are links into a folder, and that folder is a link which is replaced in one step."""
    for name, count in (("..1", 1), ("..2", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.toml").write_text(RULES * count, encoding="utf-8")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "shop.toml").symlink_to("..data/shop.toml")
    started = start_server(str(tmp_path / "shop.toml"))
    remote = Remote(started.serving.site)
    try:
        assert remote.get_json("/api/health")["rules"] == 1
        (tmp_path / "..new").symlink_to("..2")
        (tmp_path / "..new").replace(tmp_path / "..data")
        while remote.get_json("/api/health")["rules"] != 2:  # the test's own limit ends it where this never comes
            time.sleep(RELOAD_SECONDS)
    finally:
        assert stop_server(started) == 0


def test_what_was_not_asked_for_is_not_made(tmp_path: Path) -> None:
    plain = {each["kind"] for each in yaml.safe_load_all(render({}, tmp_path))}
    assert plain == {"Deployment", "Service", "Pod"}
    own = {each["kind"]: each for each in yaml.safe_load_all(render(VARIANTS["a secret of one's own"], tmp_path))}
    assert "Secret" not in own
    assert variables(own)["STATUARY_TOKEN"] == {"secretKeyRef": {"name": "mine", "key": "word"}}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_values_are_refused(wrong: str, tmp_path: Path) -> None:
    """By the schema, before anything reaches a cluster."""
    assert "values don't meet the specifications" in render(WRONG[wrong], tmp_path, check=False)


def test_the_lines_that_documents_show_are_taken(tmp_path: Path) -> None:
    """Rendered instead of installed, with the files that they name; the example of rules is in order."""
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    shown = readme + (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    block = re.search(r"(?:^ {4}(?!helm).*\n|^\n)+(?=^ {4}helm install .*--values)", readme, re.MULTILINE)
    assert block
    (tmp_path / "values.yaml").write_text(dedent(block[0]), encoding="utf-8")
    (tmp_path / "shop.toml").write_text(yaml.safe_load(dedent(block[0]))["rules"]["shop.toml"], encoding="utf-8")
    assert read_rule_files([tmp_path / "shop.toml"])
    lines = re.findall(r"^ *helm install (.+)$", shown, re.MULTILINE)
    files = re.findall(r"(--set-file \S+)`", readme)
    assert len(lines) >= 3
    assert files
    for line in [*lines, *(f"statuary deploy/helm/statuary {each}" for each in files)]:
        words = (tool("helm"), "template", *shlex.split(line), "--kube-version", KUBERNETES[0])
        assert "kind: Deployment" in run(*words, cwd=tmp_path).stdout, line
        if "values" in line or "file" in line:
            assert "full.test" in run(*words, cwd=tmp_path).stdout, line


def _leaves(values: dict[str, Any], ahead: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value and name != "resources":
            yield from _leaves(value, f"{ahead}{name}.")
        else:
            yield f"{ahead}{name}"


def test_the_schema_and_the_table_have_every_value() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]) == {*values, "global"}
    table = (CHART / "README.md").read_text(encoding="utf-8")
    spans = re.findall(r"`([A-Za-z.]+)`", table)
    for leaf in _leaves(values):
        assert leaf in spans or (leaf.startswith("service.ports.") and f".{leaf.rpartition('.')[2]}" in spans), leaf
    managed = {"host", "hostname", "token", "tls_cert", "tls_key", "rules", "config", "free_ports", "open"}
    managed |= {f"{name}_port" for name in ports()}
    assert set(schema["properties"]["settings"]["properties"]) == {each.name for each in settings()} - managed


def test_its_notes_name_what_there_is(variant: str, tmp_path: Path) -> None:
    """Helm shows them only in a cluster; here they are rendered as a manifest of a copy of the chart."""
    copy = tmp_path / "statuary"
    shutil.copytree(CHART, copy)
    notes = (copy / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    (copy / "templates" / "NOTES.txt").unlink()
    shown = '{{- define "notes" -}}' + notes + '{{- end -}}\nkind: Notes\ntext: {{ include "notes" . | toJson }}\n'
    (copy / "templates" / "notes.yaml").write_text(shown, encoding="utf-8")
    found = {each["kind"]: each for each in yaml.safe_load_all(render(VARIANTS[variant], tmp_path, copy))}
    text = found["Notes"]["text"]
    name = found["Service"]["metadata"]["name"]
    for port in found["Service"]["spec"]["ports"]:
        assert re.search(rf"{port['name']} +{name}\.shop\.svc:{port['port']}\n", text)
    secret = variables(found).get("STATUARY_TOKEN")
    where = f"get secret {secret['secretKeyRef']['name']} " if secret else f"logs deployment/{name} | grep ^token"
    assert where in text
    assert ("statuary-ca.pem" in text) == ("STATUARY_TLS_CERT" not in variables(found))
    assert TOKEN not in text
