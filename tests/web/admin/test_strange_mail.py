"""Mail that the standard parser cannot bear, over the API that mail tools know: it is listed, and so is all other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from statuary.catalog.store import open_catalogue
from statuary.serve.mailbox import Message
from tests.web.client import Client, make_client

HOSTILE = sorted((Path(__file__).parent.parent / "hostile").glob("*.eml"))
STRANGE = {
    "comments": b"From: " + b"(" * 50_000 + b"\r\nTo: " + b"<a@b.test>," * 20_000 + b"\r\nSubject: deep\r\n\r\nx",
    "date": b"Date: " + b"9" * 90_000 + b" Mon, 32 Foo 99999 99:99:99 +9999\r\n\r\nx",
    "file name": b"Content-Disposition: attachment; filename*0*=nope'x'%ff; filename*1*=%\r\n\r\nx",
    "charset": b"Content-Type: text/plain; charset*=x'y'\xff\r\n\r\nx",
    "coding": b"Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n\xff\xff",
    "octets": b"Subject: \xff\xfe\x00\r\nFrom\xff: \xe9\r\nContent-ID: \xed\xa0\x80\r\n\r\n\x00\x01\xff",
    **{path.stem: path.read_bytes() for path in HOSTILE},
}


@pytest.fixture(scope="module")
def site() -> Iterator[Client]:
    """A site whose mailbox is filled by the test."""
    catalogue = open_catalogue()
    yield make_client(catalogue)
    catalogue.close()


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_message_hides_no_other(site: Client, name: str) -> None:
    """The list, a search and the message itself are answered, and what stands beside it is there too."""
    site.shared.mailbox.clear()
    content = STRANGE[name]
    for each in (b"Subject: plain\r\n\r\nplain", content):
        site.shared.mailbox.add(Message(1.0, 1, "a@b.test", ("c@d.test",), each))
    number = site.shared.mailbox.total
    listed = site.get("/api/v1/messages").json()["messages"]
    assert [each["ID"] for each in listed] == [str(number), str(number - 1)]
    assert listed[1]["Subject"] == "plain"
    assert site.get(f"/api/v1/message/{number}").json()["Size"] == len(content)
    assert site.get(f"/api/v1/message/{number}/headers").status_code == 200
    assert "plain" in [each["Subject"] for each in site.get("/api/v1/search?query=plain").json()["messages"]]
    for path in (f"/en/journal/message/{number}", "/en/journal/messages", f"/api/messages/{number}"):
        assert site.get(path).status_code == 200
