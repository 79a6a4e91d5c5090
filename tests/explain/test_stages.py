"""Where in a dialogue a code is sent."""

from __future__ import annotations

import pytest

from statuary.catalog.codefile import STAGES
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain.stages import POINTS, Dialogue, dialogue_of, where_phrase


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def dialogue(catalogue: Catalogue, identity: str) -> Dialogue:
    """The dialogue of a code that has one."""
    code = catalogue.get(identity)
    assert code is not None
    found = dialogue_of(catalogue.protocols[code.protocol], code)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("identity", "line", "beside"),
    [
        ("smtp/452", ["mail", "rcpt", "message"], ["bdat"]),
        ("smtp/354", ["data"], []),
        ("ftp/331", ["user"], []),
        ("http/503", ["request"], []),
        ("http/103", ["interim"], []),
        ("sip/487", ["invite"], []),
        ("dns/nxdomain", ["response"], []),
        ("websocket/1011", ["close"], []),
        ("grpc/unavailable", ["call"], []),
        ("tls/handshake_failure", [], ["alert"]),
    ],
)
def test_the_legal_stages_are_marked(catalogue: Catalogue, identity: str, line: list[str], beside: list[str]) -> None:
    """Those of the code's facts (RFC 5321 §4.3.2, RFC 959 §5.4, RFC 9110 §15.2) and no others."""
    found = dialogue(catalogue, identity)
    assert [point.id for point in found.line if point.here] == line
    assert [point.id for point in found.beside] == beside
    assert all(point.here for point in found.beside)
    assert not found.anything


def test_what_answers_anything_is_marked_wherever_an_answer_is_due(catalogue: Catalogue) -> None:
    """421 at every command (RFC 5321 §3.8); nothing in SIP answers ACK (RFC 3261 §17.1.1.3)."""
    smtp, sip = dialogue(catalogue, "smtp/421"), dialogue(catalogue, "sip/500")
    assert smtp.anything
    assert all(point.here for point in smtp.line)
    assert [point.id for point in sip.line if not point.here] == ["ack"]
    assert sip.beside == ()


@pytest.mark.parametrize("identity", ["http/499-nginx", "smtp/4.2.2", "smtp/X.2.2", "sqlstate/53"])
def test_what_is_not_sent_at_a_stage_of_its_own_has_no_drawing(catalogue: Catalogue, identity: str) -> None:
    """Codes of logs, enhanced codes, protocols without a dialogue."""
    code = catalogue.get(identity)
    assert code is not None
    assert dialogue_of(catalogue.protocols[code.protocol], code) is None


@pytest.mark.parametrize(
    ("identity", "line"),
    [
        ("smtp/452", "MAIL FROM · RCPT TO · the message, to its final dot · BDAT"),
        ("http/507", "final response"),
        ("smtp/421", "in answer to anything"),
        ("smtp/4.2.2", "beside a reply code, wherever that one is sent"),
        ("http/499-nginx", "nowhere: it is not sent"),
        ("mqtt/0x97", "connack, puback, pubrec, suback, disconnect"),
    ],
)
def test_the_place_in_one_line(catalogue: Catalogue, identity: str, line: str) -> None:
    """By the names of the dialogue; by the stages where a protocol has none."""
    code = catalogue.get(identity)
    assert code is not None
    assert where_phrase(catalogue.protocols[code.protocol], code).render() == line


def test_every_code_with_stages_has_a_place_in_the_drawing(catalogue: Catalogue) -> None:
    """For all protocols that have a dialogue."""
    drawn = 0
    for code in catalogue.codes():
        if code.stages and not code.template and code.wire == "sent" and catalogue.protocols[code.protocol].dialogue:
            found = dialogue(catalogue, code.id)
            assert any(point.here for point in (*found.line, *found.beside)), code.id
            drawn += 1
    assert drawn > 250


def test_every_point_without_words_of_the_client_has_a_name(catalogue: Catalogue) -> None:
    """And every name belongs to such a point."""
    silent = {
        (protocol.id, point)
        for protocol in catalogue.protocols.values()
        for point, said in {**protocol.dialogue, **protocol.other_stages}.items()
        if not said
    }
    assert silent == set(POINTS)
    assert "ack" not in STAGES["sip"]
