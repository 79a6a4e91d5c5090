"""Two codes compared by their facts."""

from __future__ import annotations

import itertools
import json

import pytest

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain.compare import Comparison, canonical_order, compare


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def get(catalogue: Catalogue, identity: str) -> Code:
    """A code that has to be there."""
    code = catalogue.get(identity)
    assert code is not None, identity
    return code


def of(catalogue: Catalogue, left: str, right: str) -> Comparison:
    """The comparison of two identities."""
    return compare(catalogue, get(catalogue, left), get(catalogue, right))


def cells(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Each point in which they differ, in English."""
    return {row.field: (row.left.render(), row.right.render()) for row in comparison.differences}


def test_differences_are_structured(catalogue: Catalogue) -> None:
    """smtp/214 and smtp/452 differ in class, meaning, who acts, retry and stage, and share the protocol alone."""
    comparison = of(catalogue, "smtp/214", "smtp/452")
    assert list(cells(comparison)) == ["class", "meaning", "acts", "retry", "stages"]
    assert [row.field for row in comparison.alike] == ["protocol", "status"]
    assert cells(comparison)["meaning"] == (
        "It answers a command of the session; no message hangs on it.",
        "The message stays in the sender's queue and is tried again.",
    )
    assert cells(comparison)["stages"] == ("HELP", "MAIL FROM · RCPT TO · the message, to its final dot · BDAT")
    assert "30 minutes" in cells(comparison)["retry"][1]
    assert comparison.unrelated
    assert "belong to one protocol and are seldom mistaken" in comparison.verdict.render()


@pytest.mark.parametrize(
    ("left", "right", "verdict", "unrelated"),
    [
        ("http/200", "tls/handshake_failure", "nothing in common", True),
        ("http/209-225", "http/227-299", "nobody has assigned them", False),
        ("smtp/4.XXX.YYY", "smtp/5.XXX.YYY", "parts of one scheme", False),
        ("smtp/X.2.YYY", "smtp/X.3.YYY", "parts of one scheme", False),
        ("smtp/X.2.2", "smtp/4.2.2", "neighbours", False),
        ("http/499-esri", "http/499-nginx", "neighbours", False),
        ("dns/nxdomain", "dns/servfail", "neighbours", False),
        ("sqlstate/23", "http/409", "one group", False),
        ("radius/503", "http/503", "share a number", False),
        ("http/404", "http/404", "with itself", False),
    ],
)
def test_every_kind_of_pair_has_a_sentence(
    catalogue: Catalogue, left: str, right: str, verdict: str, unrelated: bool
) -> None:
    """Ranges without a meaning, classes, templates, owners of one number: what is said of them is true."""
    comparison = of(catalogue, left, right)
    assert verdict in comparison.verdict.render()
    assert comparison.unrelated == unrelated


def test_across_protocols(catalogue: Catalogue) -> None:
    """smtp/452 and http/507 share a concept; one queue repeats by itself, the other asks a person (RFC 4918 §11.5)."""
    comparison = of(catalogue, "smtp/452", "http/507")
    assert not comparison.unrelated
    assert comparison.shared_concepts
    assert cells(comparison)["protocol"] == ("SMTP", "HTTP")
    assert "only when a person asks" in cells(comparison)["retry"][1]
    assert "one group" in comparison.verdict.render()


@pytest.mark.parametrize(
    ("left", "right", "unrelated", "verdict"),
    [
        ("smtp/452", "smtp/452", False, "is compared with itself"),
        ("smtp/452", "ftp/452", False, "share a number"),
        ("http/404", "sip/404", False, "share a number"),
        ("smtp/4.2.2", "smtp/5.2.2", False, "one group"),
        ("smtp/X.2.2", "smtp/4.2.2", False, ""),
        ("smtp/552", "smtp/5.2.2", False, ""),
        ("http/499-nginx", "http/499-esri", False, "neighbours"),
        ("http/418", "smtp/354", True, "nothing in common"),
    ],
)
def test_verdicts(catalogue: Catalogue, left: str, right: str, unrelated: bool, verdict: str) -> None:
    """How two codes stand to each other, in either order."""
    for pair in ((left, right), (right, left)):
        comparison = of(catalogue, *pair)
        assert comparison.unrelated is unrelated
        assert verdict in comparison.verdict.render()
        assert comparison.verdict.render().startswith(pair[0])


def test_one_order_for_pages(catalogue: Catalogue) -> None:
    """Of two codes exactly one order is the canonical one: by protocol, basic before enhanced, by value."""
    ordered = [
        "http/404",
        "http/499-esri",
        "http/499-nginx",
        "http/507",
        "smtp/214",
        "smtp/452",
        "smtp/4.2.2",
        "ftp/452",
    ]
    for left, right in itertools.combinations(ordered, 2):
        assert canonical_order(catalogue, get(catalogue, left), get(catalogue, right))
        assert not canonical_order(catalogue, get(catalogue, right), get(catalogue, left))


def test_any_pair_can_be_compared(catalogue: Catalogue) -> None:
    """Every kind of code of every protocol with every other, as JSON, in a language that brackets everything."""
    kinds = {
        (code.protocol, code.kind, code.status, code.wire, code.value[0]): code for code in catalogue.codes(hidden=True)
    }
    for left, right in itertools.product(kinds.values(), repeat=2):
        data = compare(catalogue, left, right).to_dict(lambda text: f"[{text}]")
        assert json.loads(json.dumps(data)) == data
        for row in (*data["differences"], *data["alike"]):
            assert row["left"]
            assert row["right"]
            assert "%(" not in row["left"] + row["right"] + data["verdict"]
