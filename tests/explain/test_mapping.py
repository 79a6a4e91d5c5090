"""What a gateway answers: directional, with its basis and what is lost."""

from __future__ import annotations

import json

import pytest

from statuary.catalog.model import Code
from statuary.catalog.registry import read_registry
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain.mapping import BASES, Mapping, answerable_protocols, map_code
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def mapped(catalogue: Catalogue, identity: str, protocol: str) -> Mapping:
    """The mapping of a code that has to be there."""
    code = catalogue.get(identity)
    assert code is not None, identity
    return map_code(catalogue, code, protocol)


def answers(catalogue: Catalogue, identity: str, protocol: str) -> list[str]:
    """The codes to answer with."""
    return [answer.code.id for answer in mapped(catalogue, identity, protocol).answers]


@pytest.mark.parametrize(
    ("origin", "protocol", "first"),
    [
        ("smtp/452", "http", "http/507"),
        ("smtp/421", "http", "http/503"),
        ("smtp/4.2.2", "http", "http/507"),
        ("smtp/5.3.4", "http", "http/413"),
        ("smtp/5.7.28", "http", "http/429"),
        ("http/503", "smtp", "smtp/451"),
        ("http/507", "smtp", "smtp/452"),
        ("http/413", "smtp", "smtp/552"),
        ("http/202", "smtp", "smtp/250"),
        ("grpc/unavailable", "http", "http/503"),
        ("coap/4.01", "http", "http/403"),
        ("coap/5.05", "http", "http/502"),
        ("sip/503", "http", "http/503"),
    ],
)
def test_first_answer(catalogue: Catalogue, origin: str, protocol: str, first: str) -> None:
    """Of each direction, the answer where nothing else is known."""
    assert answers(catalogue, origin, protocol)[0] == first


def test_no_direction_is_the_other_turned_round(catalogue: Catalogue) -> None:
    """gRPC's own two tables: NOT_FOUND becomes 404, and a 404 without grpc-status becomes UNIMPLEMENTED."""
    assert answers(catalogue, "grpc/not_found", "http") == ["http/404"]
    assert answers(catalogue, "http/404", "grpc") == ["grpc/unimplemented"]


def test_grpc_follows_its_registry(catalogue: Catalogue) -> None:
    """Both directions hold what the snapshot's notes say: ``http:`` and ``from-http``."""
    for row in read_registry(ROOT / "content" / "registries" / "grpc.csv"):
        identity = f"grpc/{row.name.lower()}"
        parts = row.note.split("; ")
        number = parts[0].removeprefix("http: ")[:3]
        assert [code.partition("/")[2][:3] for code in answers(catalogue, identity, "http")] == [number]
        for part in parts[1:]:
            numbers = part.partition(": ")[2].split(", ")
            for number in numbers:
                if number.isdigit():
                    assert answers(catalogue, f"http/{number}", "grpc") == [identity]


def test_coap_follows_its_registry(catalogue: Catalogue) -> None:
    """RFC 8075 Table 2, as the snapshot's notes have it; N/A has no answer of its own."""
    for row in read_registry(ROOT / "content" / "registries" / "coap.csv"):
        if row.note.startswith("http (RFC 8075 Table 2): "):
            wanted = row.note.removeprefix("http (RFC 8075 Table 2): ").partition(";")[0]
            found = answers(catalogue, f"coap/{row.code}", "http")
            numbers = [] if wanted == "N/A" else wanted.split(" or ")
            assert sorted(found) == sorted(f"http/{number}" for number in numbers), row.code


def registered(catalogue: Catalogue, protocol: str) -> list[Code]:
    """The registered codes of a protocol that are sent."""
    return [
        code
        for code in catalogue.codes(protocol)
        if code.kind == "code" and code.status == "registered" and code.wire == "sent"
    ]


def test_every_http_code_has_a_reply_and_every_refusal_of_mail_a_status_code(catalogue: Catalogue) -> None:
    """HTTP and SMTP in both directions; interim answers and steps of the dialogue have none."""
    for code in registered(catalogue, "http"):
        found = answers(catalogue, code.id, "smtp")
        assert bool(found) == (code.value[0] != "1"), code.id
    for code in registered(catalogue, "smtp"):
        found = answers(catalogue, code.id, "http")
        assert bool(found) == (code.value[0] != "3"), code.id


def test_fate_of_the_message_survives(catalogue: Catalogue) -> None:
    """A server that fails for now never becomes a bounce, and no refusal becomes a success."""
    for code in registered(catalogue, "http"):
        for answer in mapped(catalogue, code.id, "smtp").answers:
            if code.value[0] == "2":
                assert answer.code.value[0] in "24", code.id
            else:
                assert answer.code.value[0] in "45", code.id
            if code.retry.policy == "same-request-later" and code.value[0] == "5":
                assert answer.code.value[0] == "4", code.id
            assert answer.enhanced[:1] in ("", answer.code.value[0])
    for code in registered(catalogue, "smtp"):
        for answer in mapped(catalogue, code.id, "http").answers:
            assert (code.value[0] == "2") == (answer.code.value[0] == "2"), code.id


def test_unknown_codes_are_taken_as_their_class(catalogue: Catalogue) -> None:
    """RFC 9110 §15: an unrecognised code is treated as the general one of its class; the answer says so."""
    found = mapped(catalogue, "http/418", "smtp")
    assert [answer.through for answer in found.answers] == ["http/4xx"]


def test_documented_mapping_within_a_protocol(catalogue: Catalogue) -> None:
    """IANA pairs X.2.2 with 552; that is a registry's word, with its source."""
    found = mapped(catalogue, "smtp/5.2.2", "smtp").answers
    assert [(answer.code.id, answer.basis) for answer in found] == [("smtp/552", "registry")]
    assert found[0].source.startswith("IANA")


def test_what_has_no_counterpart_says_so(catalogue: Catalogue) -> None:
    """No answer is made up."""
    found = mapped(catalogue, "tls/record_overflow", "nntp")
    assert (found.answers, found.alternatives) == ((), ())
    assert "Nothing in NNTP" in found.verdict.render()


def test_answers_say_what_they_rest_on(catalogue: Catalogue) -> None:
    """Every row: a judgement without a source, all else with one; and JSON has the same keys throughout."""
    keys = set()
    for row in catalogue.entries("map"):
        assert row.facts["basis"] in BASES
        assert (row.facts["basis"] == "judgement") != bool(row.facts["source"])
        data = mapped(catalogue, "smtp/452", "http").to_dict()
        keys.add(tuple(data))
    assert json.dumps(data)
    assert len(keys) == 1
    assert answerable_protocols(catalogue)[:2] == ["http", "smtp"]


def test_alternatives_share_a_concept(catalogue: Catalogue) -> None:
    """They are named after the answers, and none twice."""
    found = mapped(catalogue, "http/503", "smtp")
    named = [answer.code.id for answer in (*found.answers, *found.alternatives)]
    assert len(set(named)) == len(named)
    assert all(answer.through.startswith("concept/") for answer in found.alternatives)


def test_a_failure_for_now_stays_one(catalogue: Catalogue) -> None:
    """4.7.1 of a greylist is no 403: whoever gets that does not come back (RFC 9110 §15.5.4)."""
    transient = [
        code
        for code in catalogue.codes("smtp")
        if code.template and code.value.startswith("4.") and code.retry.policy == "same-request-later"
    ]
    assert len(transient) > 40
    for code in transient:
        answers = map_code(catalogue, code, "http").answers
        assert answers, code.id
        for answer in answers:
            assert answer.through == code.id or answer.code.retry.policy not in ("never", "after-change"), code.id
        assert len({answer.code.id for answer in answers}) == len(answers), code.id
    by_value = {
        code.value: [answer.code.id for answer in map_code(catalogue, code, "http").answers] for code in transient
    }
    assert by_value["4.7.1"] == ["http/503"]
    assert by_value["4.2.2"] == ["http/507"]
    assert by_value["4.5.3"] == ["http/422"]
    permanent = catalogue.get("smtp/5.7.1")
    assert permanent is not None
    assert [answer.code.id for answer in map_code(catalogue, permanent, "http").answers] == ["http/403"]
