"""Mail that wants to run, load, send or break something: small samples from files, large ones made here."""

from __future__ import annotations

from pathlib import Path

__all__ = ["LISTENER", "SAMPLES"]

LISTENER = b"LISTENER"
"""What stands in the samples for the address that they want to reach."""

_FOLDER = Path(__file__).with_name("hostile")


def _head(subject: str) -> bytes:
    return (
        f"From: Mallory <mallory@evil.example>\r\nTo: bob@any.test\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    ).encode()


def _nested(depth: int) -> bytes:
    parts = [_head("too deep"), b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"]
    opening = b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n"
    parts += [opening % (level, level + 1) for level in range(depth)]
    return b"".join([*parts, b"READABLE nested-3000\r\n"])


def _html(body: str) -> bytes:
    return _head("large") + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body.encode()


_MADE = {
    "huge-header": _head("huge fields")
    + b"X-Huge: "
    + b"huge value " * 40_000
    + b"\r\nX-Folded:"
    + b"\r\n folded" * 5_000
    + b"\r\nX-Words: =?utf-8?B?"
    + b"QUJD" * 5_000
    + b"?=\r\n\r\nREADABLE huge-header\r\n",
    "ten-thousand-fields": _head("many fields")
    + b"".join(b"X-%d: v\r\n" % number for number in range(10_000))
    + b"\r\nREADABLE ten-thousand-fields\r\n",
    "nested-3000": _nested(3_000),
    "parameters": _head("parameters")
    + b"Content-Type: text/html; "
    + b"a=b; " * 50_000
    + b"\r\n\r\n<p>READABLE parameters<script>document.title='RAN'</script>\r\n",
    # Each of the tags begins anew in each of the paragraphs: drawn, this would be gigabytes.
    "intricate": _html(
        "<p>READABLE intricate<p>" + "".join(f'<b title="{n}">' for n in range(2_000)) + "<p>x" * 9_000
    ).replace(b"<b title", b"<b data-x='" + b"y" * 2_001 + b"' title", 40),
    "many-tags": _html("<p>READABLE many-tags" + "<div>" * 30_000),
    "many-attributes": _html("<p>READABLE many-attributes<p " + " ".join(f"a{n}" for n in range(40_000)) + ">"),
}

SAMPLES: dict[str, bytes] = {**{path.stem: path.read_bytes() for path in sorted(_FOLDER.glob("*.eml"))}, **_MADE}
"""Each sample by its name; all but the empty one say ``READABLE``."""
