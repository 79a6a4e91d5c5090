"""Enhanced status codes: made from templates with the meaning of their class (RFC 3463 §2), linked with basic codes."""

from __future__ import annotations

import pytest

from statuary.catalog.enhanced import parse_enhanced, template_identity
from statuary.catalog.lookup import find, lookup
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue


def get(catalogue: Catalogue, identity: str) -> Code:
    """A code that has to be there."""
    code = catalogue.get(identity)
    assert code is not None, identity
    return code


@pytest.mark.parametrize(
    ("value", "class_", "policy"),
    [
        ("4.2.2", "4.X.X Persistent Transient Failure", "same-request-later"),
        ("5.2.2", "5.X.X Permanent Failure", "after-user-action"),
    ],
)
def test_mailbox_full_in_both_classes(catalogue: Catalogue, value: str, class_: str, policy: str) -> None:
    """X.2.2 resolves as 4.2.2 and 5.2.2, each with the class's own meaning and advice."""
    code = lookup(catalogue, value)
    assert code == lookup(catalogue, f"smtp/{value}")
    assert (code.id, code.template, code.kind) == (f"smtp/{value}", "smtp/X.2.2", "code")
    assert (code.name, code.class_, code.retry.policy) == ("Mailbox full", class_, policy)
    assert code.prose == get(catalogue, "smtp/X.2.2").prose


def test_classes_name_each_other(catalogue: Catalogue) -> None:
    """4.2.2 and 5.2.2 are neighbours."""
    assert "smtp/5.2.2" in get(catalogue, "smtp/4.2.2").related
    assert "smtp/4.2.2" in get(catalogue, "smtp/5.2.2").related


def test_registry_associates_552_with_the_permanent_one(catalogue: Catalogue) -> None:
    """IANA pairs X.2.2 with 552, which is of class 5: the link goes both ways and not to 4.2.2."""
    assert get(catalogue, "smtp/5.2.2").basic == ("552",)
    assert get(catalogue, "smtp/4.2.2").basic == ()
    assert "smtp/5.2.2" in get(catalogue, "smtp/552").enhanced
    assert "smtp/4.2.2" not in get(catalogue, "smtp/552").enhanced


def test_basic_codes_are_linked_both_ways_throughout(catalogue: Catalogue) -> None:
    """Each association of a concrete code is found at the other end, and the classes agree (RFC 2034 §4)."""
    pairs = set()
    for code in catalogue.codes("smtp", hidden=True):
        if code.template:
            for basic in code.basic:
                if basic.isdigit():
                    assert basic[0] == code.value[0], code.id
                    assert code.id in get(catalogue, f"smtp/{basic}").enhanced
                    pairs.add((basic, code.id))
        for identity in code.enhanced:
            assert code.value in get(catalogue, identity).basic
    assert len(pairs) > 50


def test_every_template_is_made_in_its_classes(catalogue: Catalogue) -> None:
    """One concrete code for each class of each template, and none more."""
    codes = list(catalogue.codes("smtp", hidden=True))
    wanted = {f"smtp/{digit}{code.value[1:]}" for code in codes if code.kind == "template" for digit in code.classes}
    assert {code.id for code in codes if code.template} == wanted
    assert len(wanted) > 100


def test_every_concrete_code_has_advice(catalogue: Catalogue) -> None:
    """Retry advice, with its source, comes from the class or from the template."""
    for code in catalogue.codes("smtp", hidden=True):
        if code.kind == "code":
            assert code.retry.policy, code.id
            assert code.retry.source, code.id
        if code.template:
            assert (code.retry.policy == "not-needed") == (code.value[0] == "2"), code.id


@pytest.mark.parametrize(
    ("query", "identity"),
    [
        ("X.2.2", "smtp/X.2.2"),
        ("x.2.2", "smtp/X.2.2"),
        ("smtp/x.2.2", "smtp/X.2.2"),
        ("4.XXX.YYY", "smtp/4.XXX.YYY"),
        ("4.x.x", "smtp/4.XXX.YYY"),
        ("5.X.X", "smtp/5.XXX.YYY"),
        ("X.2.x", "smtp/X.2.YYY"),
        ("4.2.x", "smtp/X.2.YYY"),
        ("x.7.yyy", "smtp/X.7.YYY"),
        ("5.7.29", "smtp/5.7.29"),
    ],
)
def test_templates_classes_and_subjects_are_found(catalogue: Catalogue, query: str, identity: str) -> None:
    """As a person writes them."""
    assert [code.id for code in find(catalogue, query)] == [identity]


@pytest.mark.parametrize("text", ["3.2.2", "4.2", "4.2.2.2", "4.2.1000", "x.2.2", "", "4.2.2 "])
def test_what_is_no_enhanced_code(text: str) -> None:
    """Class 2, 4 or 5 and two numbers of at most three digits (RFC 3463 §2)."""
    assert parse_enhanced(text) is None
    assert template_identity(text) is None


def test_template_of_a_code() -> None:
    """The digits behind the class name the template."""
    assert parse_enhanced("5.7.29") == ("5", "7", "29")
    assert template_identity("5.7.29") == "smtp/X.7.29"
