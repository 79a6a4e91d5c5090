"""What identities are made of, what is a range, what number a value stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.identity import holds, kind_of, number_of, slug, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("NXDomain", "nxdomain"),
        ("handshake_failure", "handshake_failure"),
        ("SYS/TEMP", "sys-temp"),
        ("+OK", "ok"),
        ("-ERR", "err"),
        ("Granted QoS 0", "granted-qos-0"),
        ("Reserved (GREASE)", "reserved-grease"),
    ],
)
def test_names_in_addresses(name: str, stem: str) -> None:
    """Small letters; underscores and dots stay, every other sign is a hyphen."""
    assert slug(name) == stem


@given(st.text(max_size=60))
def test_any_name_is_safe_in_a_path(name: str) -> None:
    """No slash, no hidden file, no way up the tree; the same again when it is made twice."""
    stem = slug(name)
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not stem.startswith((".", "-"))
    assert slug(stem) == stem


@pytest.mark.parametrize(
    ("value", "name", "status", "by_name", "stem"),
    [
        ("452", "Requested action not taken", "registered", False, "452"),
        ("X.2.2", "Mailbox full", "registered", False, "X.2.2"),
        ("0A", "Feature Not Supported", "registered", False, "0a"),
        ("3", "NXDomain", "registered", True, "nxdomain"),
        ("12-15", "Unassigned", "unassigned", True, "12-15"),
        ("9", "(reserved)", "reserved", True, "9"),
        ("0x21+0x1f*N", "Reserved (GREASE)", "reserved", True, "reserved-grease"),
        ("0x0100-0x01ff", "CRYPTO_ERROR", "registered", True, "crypto_error"),
    ],
)
def test_stems(value: str, name: str, status: str, by_name: bool, stem: str) -> None:
    """The number or the name; numbers without a meaning have no name."""
    assert stem_of(value, name, status, by_name=by_name) == stem


@pytest.mark.parametrize(
    ("value", "class_", "status", "kind"),
    [
        ("452", "4yz Transient Negative Completion", "registered", "code"),
        ("X.2.2", "X.2 Mailbox Status", "registered", "template"),
        ("4.XXX.YYY", "Class", "registered", "class"),
        ("X.2.YYY", "Subject", "registered", "subject"),
        ("105-199", "1xx", "unassigned", "range"),
        ("509", "5xx", "unassigned", "range"),
    ],
)
def test_kinds(value: str, class_: str, status: str, kind: str) -> None:
    """Codes, ranges, and the three kinds of enhanced rows."""
    assert kind_of("smtp", value, class_, status) == kind


@pytest.mark.parametrize(
    ("value", "status", "by_name", "kind"),
    [
        ("0x0100-0x01ff", "registered", True, "range"),
        ("0x21+0x1f*N", "reserved", True, "range"),
        ("4000-4999", "reserved", False, "range"),
        ("1004", "reserved", False, "code"),
        ("65535", "reserved", True, "range"),
        ("READ-ONLY", "registered", True, "code"),
        ("4.04", "registered", False, "code"),
    ],
)
def test_kinds_of_other_protocols(value: str, status: str, by_name: bool, kind: str) -> None:
    """Hexadecimal ranges and series are ranges, and so is a reserved number among names."""
    assert kind_of("quic", value, "", status, by_name=by_name) == kind


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("452", 452),
        ("0x8d", 141),
        ("0x8D", 141),
        ("0x4143414213370002", 0x4143414213370002),
        ("0xffffffffffffffff", None),
        ("4.04", 0x84),
        ("2.31", 0x5F),
        ("2.32", None),
        ("9.01", None),
        ("X.2.2", None),
        ("OVERQUOTA", None),
        ("", None),
        ("٤٥٢", None),
    ],
)
def test_numbers(value: str, number: int | None) -> None:
    """Decimal, hexadecimal, class and detail of CoAP (RFC 7252 §3); what fits no 64-bit number has none."""
    assert number_of(value) == number


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        ("105-199", (105, 150, 199), (104, 200)),
        ("0x0100-0x01ff", (0x100, 0x128, 0x1FF), (0xFF, 0x200)),
        ("0x21+0x1f*N", (0x21, 0x40, 0x5F), (0, 0x20, 0x22)),
        ("452", (), (452,)),
        ("READ-ONLY", (), (0,)),
    ],
)
def test_ranges_hold(value: str, inside: tuple[int, ...], outside: tuple[int, ...]) -> None:
    """Both ends belong to a range; the reserved numbers of HTTP/3 are every thirty-first (RFC 9114 §8.1)."""
    assert all(holds(value, number) for number in inside)
    assert not any(holds(value, number) for number in outside)


@given(st.text(max_size=30), st.integers())
def test_any_text_is_read(value: str, number: int) -> None:
    """Whatever stands in a registry or a query, nothing crashes."""
    found = number_of(value)
    assert found is None or 0 <= found < 2**63
    assert holds(value, number) in (True, False)
