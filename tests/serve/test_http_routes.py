"""The routes beside the scripts: what their answers hold, by the RFC that says so, and every way to ask wrongly."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from email.message import Message
from typing import Any
from urllib.parse import quote, urlencode

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serve.talk import make_mock, octets_of, talk
from tests.serve.wire import Answer

from statuary.scenario.grammar import parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.http.routes import ROUTES, find_route
from statuary.serve.seen import follow
from statuary.serve.session import Peer

MOCK, SHARED, CLOCK = make_mock()


def ask(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
    """Ask once."""
    return talk(MOCK, target, *lines, method=method, body=body)[0]


def data(target: str, *lines: str, method: str = "GET", body: bytes = b"") -> dict[str, Any]:
    """The JSON of an answer."""
    answer = ask(target, *lines, method=method, body=body)
    assert answer.status == 200
    loaded = json.loads(answer.body)
    assert isinstance(loaded, dict)
    return loaded


def chunks(answer: Answer) -> bytes:
    """The content of a chunked answer (RFC 9112 §7.1)."""
    assert answer.field("transfer-encoding") == "chunked"
    rest, content = answer.body, b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            return content
        content += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern)
def test_every_route_answers_and_is_marked(route: Any) -> None:
    """With plain values in its places a route answers something, with the mark and with leave for other origins."""
    values = {"{n}": "3", "{time}": "0", "{value}": "aGk=", "{rest*}": "a/b", "{offset}": "0", "{etag}": "x"}
    path = "/".join(values.get(part, part.strip("{}*")) for part in route.pattern.split("/"))
    found = find_route(path)
    assert found is not None
    assert found.pattern == route.pattern
    answer = ask(path, method=route.methods[0])
    assert answer.field("statuary-answer") in (f'route="{route.pattern}"', "error; name=bad_script")
    other = ask(path, method="OPTIONS")
    assert "OPTIONS" in (other.field("allow") or "")
    assert other.field("access-control-allow-origin") == "*"


def test_wrong_method_and_wrong_path() -> None:
    """405 lists what there is (RFC 9110 §15.5.6); HEAD goes with GET and has no content (§9.3.2)."""
    answer = ask("/post")
    assert answer.status == 405
    assert answer.field("allow") == "POST, OPTIONS"
    assert ask("/nothing/here").status == 404
    head = ask("/get", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert int(head.field("content-length") or 0) > 0


def test_anything_tells_all() -> None:
    """Method, query, header fields, cookies' fields, form, files, JSON, origin and URL."""
    told = data("/anything/x?a=1&a=2&b=", "X-One: 1", "X-One: 2", method="PUT", body=b'{"k": [1]}')
    assert told["args"] == {"a": ["1", "2"], "b": ""}
    assert told["headers"]["X-One"] == "1, 2"
    assert told["json"] == {"k": [1]}
    assert told["method"] == "PUT"
    assert told["origin"] == "127.0.0.1"
    assert told["url"] == "http://mock.test/anything/x?a=1&a=2&b="


def test_forms() -> None:
    """URL-encoded and multipart (RFC 7578); what is no text becomes a data URL (RFC 2397)."""
    coded = data("/post", "Content-Type: application/x-www-form-urlencoded", method="POST", body=b"a=1&b=%C3%A9&a=2")
    assert coded["form"] == {"a": ["1", "2"], "b": "é"}
    body = (
        b'--B\r\nContent-Disposition: form-data; name="field"\r\n\r\nvalue\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".bin"\r\n'
        b"Content-Type: image/png\r\n\r\n\xff\xfe\r\n--B--\r\n"
    )
    parts = data("/post", "Content-Type: multipart/form-data; boundary=B", method="POST", body=body)
    assert parts["form"] == {"field": "value"}
    form = "Content-Type: application/x-www-form-urlencoded"
    assert data("/post", form, method="POST", body=b'{"a":1}')["json"] is None
    assert parts["files"] == {"file": "data:image/png;base64,//4="}
    assert data("/post", method="POST", body=b"\xff")["data"] == "data:application/octet-stream;base64,/w=="
    many = b"&".join(b"a=1" for _ in range(2000))
    assert ask("/post", "Content-Type: application/x-www-form-urlencoded", method="POST", body=many).status == 413


def test_delay_waits() -> None:
    """Seconds, or a time with its unit."""
    for text, seconds in (("2", 2), ("1.5s", 1.5), ("250ms", 0.25)):
        assert talk(MOCK, f"/delay/{text}")[1] == seconds
    assert ask("/delay/long").status == 400


@pytest.mark.parametrize("code", ["301", "303", "307", "308"])
def test_redirects_of_every_kind(code: str) -> None:
    """The status decides whether a client keeps its method (RFC 9110 §15.4); a chain keeps it to its end."""
    answer = ask(f"/redirect-to?url=/post&status_code={code}", method="POST", body=b"x")
    assert (str(answer.status), answer.field("location")) == (code, "/post")
    chain = ask(f"/relative-redirect/2?status_code={code}")
    assert (str(chain.status), chain.field("location")) == (code, f"/relative-redirect/1?status_code={code}")


def test_redirects_from_any_method() -> None:
    """A client's change of method (RFC 9110 §15.4) is seen on chains too; names in any case, the first of several."""
    assert ask("/redirect/1", method="POST", body=b"x").field("location") == "/get"
    assert ask("/redirect-to?Url=/a&url=/b&Status_Code=308", method="PUT").field("location") == "/a"
    assert ask("/redirect-to?Url=/a&Status_Code=308").status == 308


def test_place_of_a_redirect_is_a_uri() -> None:
    """What no URI holds is escaped (RFC 3986 §2); what is escaped stays."""
    place = ask("/redirect-to?url=" + quote("/a b/é?q=<%22>&p=%2F%#f")).field("location")
    assert place == "/a%20b/%C3%A9?q=%3C%22%3E&p=%2F%25#f"


@pytest.mark.parametrize("path", ["/anything", "/basic-auth/u/p", "/bearer", "/digest-auth/auth/u/p", "/unstable"])
def test_any_method_is_any_method(path: str) -> None:
    """Those that nobody registered too; a path for reading alone still says what it takes."""
    assert ask(path, method="PROPFIND").status != 405
    assert ask("/anything", method="QUERY").status == 200
    assert ask("/get", method="QUERY").status == 405


def test_links_begin_at_the_first() -> None:
    """As in httpbin, a number alone leads to the first page; no link at all is a page too."""
    assert (ask("/links/3").status, ask("/links/3").field("location")) == (302, "/links/3/0")
    assert ask("/links/3/1").body.count(b"<a href=") == 2
    assert ask("/links/0/0").body.count(b"<a href=") == 0


def test_proxies_say_where_a_request_began() -> None:
    """X-Forwarded-For is the origin, as httpbin has it: what is left out among the headers is not lost."""
    for path in ("/ip", "/get", "/anything"):
        assert data(path, "X-Forwarded-For: 192.0.2.7, 198.51.100.1")["origin"] == "192.0.2.7, 198.51.100.1"
    assert data("/ip")["origin"] == "127.0.0.1"


@pytest.mark.parametrize(
    "target", ["/redirect-to?url=/x&status_code=200", "/redirect-to", "/redirect/0", "/redirect/x"]
)
def test_redirects_that_cannot_be(target: str) -> None:
    """Another class, no place, no number."""
    assert ask(target).status == 400


def test_basic() -> None:
    """A challenge, and a welcome for the right credentials (RFC 7617 §2)."""
    challenge = ask("/basic-auth/me/secret")
    assert challenge.status == 401
    assert challenge.field("www-authenticate") == 'Basic realm="statuary", charset="UTF-8"'
    right = base64.b64encode(b"me:secret").decode()
    assert data("/basic-auth/me/secret", f"Authorization: basic {right}")["authenticated"] is True
    wrong = base64.b64encode(b"me:other").decode()
    assert ask("/basic-auth/me/secret", f"Authorization: Basic {wrong}").status == 401
    assert ask("/basic-auth/me/secret", "Authorization: Basic !!!").status == 401
    hidden = ask("/hidden-basic-auth/me/secret")
    assert (hidden.status, hidden.field("www-authenticate")) == (404, None)
    assert data("/hidden-basic-auth/me/secret", f"Authorization: Basic {right}")["user"] == "me"


def test_conditions_of_entity_tags() -> None:
    """If-Match before If-None-Match (RFC 9110 §13.2.2); weak tags match in the second (§13.1.2)."""
    assert ask("/etag/a", 'If-None-Match: W/"a"').status == 304
    assert ask("/etag/a", 'If-None-Match: "b"').status == 200
    assert ask("/etag/a", 'If-Match: "b"', "If-None-Match: *").status == 412
    assert ask("/ranges/10", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT").status == 304
    assert ask("/ranges/10", "If-Unmodified-Since: Mon, 13 Nov 2023 22:13:20 GMT").status == 412
    assert ask("/ranges/10", "If-Modified-Since: never").status == 200
    assert ask("/ranges/10", "If-None-Match: *", method="GET").status == 304
    assert ask("/cache", "If-None-Match: x").status == 304
    assert ask("/cache/60").field("cache-control") == "public, max-age=60"


def test_etag_knows_no_dates_and_guards_changes() -> None:
    """Dates are passed over where none is known (RFC 9110 §13.1.3, §13.1.4); a change that lost its race is a 412."""
    for field in ("If-Modified-Since", "If-Unmodified-Since"):
        assert ask("/etag/a", f"{field}: Wed, 21 Oct 2015 07:28:00 GMT").status == 200
    assert ask("/etag/a", 'If-Match: "a"', method="PUT", body=b"x").status == 200
    assert ask("/etag/a", 'If-Match: "b"', method="PUT", body=b"x").status == 412
    assert ask("/etag/a", "If-None-Match: *", method="PUT", body=b"x").status == 412


@pytest.mark.parametrize(
    ("field", "status", "content_range", "body"),
    [
        ("bytes=0-4", 206, "bytes 0-4/26", b"abcde"),
        ("bytes=20-99", 206, "bytes 20-25/26", b"uvwxyz"),
        ("bytes=-3", 206, "bytes 23-25/26", b"xyz"),
        ("bytes=-99", 206, "bytes 0-25/26", b"abcdefghijklmnopqrstuvwxyz"),
        ("bytes=26-", 416, "bytes */26", b""),
        ("bytes=-0", 416, "bytes */26", b""),
        ("bytes=5-2", 200, None, b"abcdefghijklmnopqrstuvwxyz"),
        ("lines=0-4", 200, None, b"abcdefghijklmnopqrstuvwxyz"),
        ("bytes=" + ",".join(["0-0"] * 21), 200, None, b"abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_ranges(field: str, status: int, content_range: str | None, body: bytes) -> None:
    """RFC 9110 §14: clamped at the end, refused beyond it, passed over where it cannot be read or asks for too much."""
    answer = ask("/ranges/26", f"Range: {field}")
    assert (answer.status, answer.field("content-range"), answer.body) == (status, content_range, body)


def test_several_ranges_in_one_answer() -> None:
    """multipart/byteranges (RFC 9110 §14.6), with the range of each part; If-Range guards it (§13.1.5)."""
    answer = ask("/ranges/26", "Range: bytes=0-1, 24-")
    message = Message()
    message["Content-Type"] = answer.field("content-type") or ""
    assert message.get_content_type() == "multipart/byteranges"
    mark = str(message.get_param("boundary")).encode()
    parts = answer.body.split(b"--" + mark)[1:-1]
    assert [part.strip().split(b"\r\n\r\n")[1] for part in parts] == [b"ab", b"yz"]
    assert [b"Content-Range: bytes 0-1/26" in parts[0], b"Content-Range: bytes 24-25/26" in parts[1]] == [True, True]
    tag = answer.field("etag")
    assert ask("/ranges/26", "Range: bytes=0-1", f"If-Range: {tag}").status == 206
    assert ask("/ranges/26", "Range: bytes=0-1", 'If-Range: "old"').status == 200


def test_codings() -> None:
    """gzip, deflate in the zlib format, and Brotli (RFC 9110 §8.4.1, RFC 7932)."""
    for path, decode in (("/gzip", gzip.decompress), ("/deflate", zlib.decompress), ("/brotli", brotli.decompress)):
        answer = ask(path)
        assert answer.field("content-encoding") == {"/brotli": "br"}.get(path, path[1:])
        assert json.loads(decode(answer.body))["method"] == "GET"


def test_cookies_are_set_listed_and_forgotten() -> None:
    """RFC 6265 §4.1: one field each; nothing that would end a value is taken."""
    answer = ask("/cookies/set?a=1&b=2")
    assert [value for name, value in answer.fields if name == "set-cookie"] == ["a=1; Path=/", "b=2; Path=/"]
    assert data("/cookies", "Cookie: a=1; b=2; a=3")["cookies"] == {"a": "1", "b": "2"}
    assert "Max-Age=0" in (ask("/cookies/delete?a").field("set-cookie") or "")
    for bad in ("a=1%0D%0AX:y", "a%20b=1", "a=%00", "a%3Bb=1"):
        assert ask(f"/cookies/set?{bad}").status == 400


@pytest.mark.parametrize(
    ("value", "sent"), [("x y", '"x y"'), ("a;b,c", r'"a\073b\054c"'), ('"é\\', r'"\042\303\251\134"')]
)
def test_cookies_that_need_quotes_come_back(value: str, sent: str) -> None:
    """What a value may not hold (RFC 6265 §4.1.1) is quoted as Python's clients write it, and read again as it was."""
    answer = ask(f"/cookies/set?a={quote(value)}")
    assert (answer.status, answer.field("set-cookie")) == (302, f"a={sent}; Path=/")
    assert data("/cookies", f"Cookie: a={sent}")["cookies"] == {"a": value}
    assert data("/cookies", r'Cookie: a="say \"so\""')["cookies"] == {"a": 'say "so"'}


def test_streams() -> None:
    """Lines and octets in chunks, events over a time, trailers behind chunks (RFC 9110 §6.5)."""
    lines = chunks(ask("/stream/3")).splitlines()
    assert [json.loads(line)["id"] for line in lines] == [0, 1, 2]
    assert len(chunks(ask("/stream-bytes/5000?chunk_size=7"))) == 5000
    answer, waited = talk(MOCK, "/sse?count=3&duration=4&delay=1")
    assert waited == pytest.approx(5)
    assert answer.field("content-type") == "text/event-stream"
    assert chunks(answer).count(b"event: ping\ndata: ") == 3
    trailing = ask("/trailers?X-Sum=1&X-Other=a%20b")
    assert trailing.field("trailer") == "X-Sum, X-Other"
    assert trailing.body.endswith(b"0\r\nX-Sum: 1\r\nX-Other: a b\r\n\r\n")
    assert ask("/trailers?Content-Length=1").status == 400


def test_drip_and_its_limits() -> None:
    """So many octets, each with its time; nothing beyond the limits."""
    answer, waited = talk(MOCK, "/drip?numbytes=5&duration=2&delay=1&code=503")
    assert (answer.status, answer.body) == (503, b"*****")
    assert waited == pytest.approx(3)
    for wrong in ("numbytes=0", "numbytes=99999999", "duration=2h", "code=100", "code=x"):
        assert ask(f"/drip?{wrong}").status == 400


def test_unstable_repeats_its_sequence() -> None:
    """The draws of a seed are one sequence, not one decision (and a share of one always fails)."""

    def sequence(key: str) -> list[int]:
        return [ask(f"/unstable?failure_rate=0.5&seed=3&key={key}").status for _ in range(40)]

    first = sequence("a")
    assert set(first) == {200, 500}
    MOCK.shared.counters.reset()
    assert sequence("a") == first
    assert ask("/unstable?failure_rate=1").status == 500
    assert ask("/unstable?failure_rate=2").status == 400


def test_rule_goes_before_a_route_and_passes_to_it() -> None:
    """A script that is used up lets the route answer, with its content."""
    mock, shared, _ = make_mock()
    shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("503x1"), {"path": "/anything"})]))
    assert talk(mock, "/anything", method="POST", body=b"1")[0].status == 503
    second, _ = talk(mock, "/anything", method="POST", body=b"1")
    assert (second.status, json.loads(second.body)["data"]) == (200, "1")


def test_rule_may_look_into_the_content() -> None:
    """The content decides, request by request."""
    mock, shared, _ = make_mock()
    shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("409"), {"body": "*dup*"})]))
    assert talk(mock, "/post", method="POST", body=b"a dup b")[0].status == 409
    assert talk(mock, "/post", method="POST", body=b"a new b")[0].status == 200


def test_key_keeps_counts_apart_and_stands_in_the_journal() -> None:
    """By header field and by query."""
    mock, shared, _ = make_mock()
    target = "/status/503x1~200"
    assert [talk(mock, target, f"Statuary-Key: {key}")[0].status for key in ("a", "b", "a")] == [503, 503, 200]
    assert talk(mock, f"{target}?key=c")[0].status == 503
    talk(mock, "/get?key=d")
    assert [row.key for _, row in shared.journal] == ["a", "b", "a", "c", "d"]


@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        ("/503", (), 503),
        ("/random/500-502,503", (), None),
        ("/random/x", (), 400),
        ("/random/100-999", (), 400),
        ("/echo?status=503:100", (), 503),
        ("/echo?status=503:0,504:100", (), 504),
        ("/echo?status=503:200", (), 400),
        ("/fortio?status=429&header=Retry-After:60", (), 429),
        ("/status/503/Busy", (), 503),
        ("/anything", ("Prefer: code=404",), 404),
        ("/whatever?__code=404", (), 404),
        ("/whatever", ("Prefer: return=minimal",), 404),
        ("/anything", ("Prefer: wait=1; code=x",), 200),
    ],
)
def test_spellings_of_other_tools(target: str, lines: tuple[str, ...], status: int | None) -> None:
    """httpstat.us, fortio, mockbin and Prism."""
    answer = ask(target, *lines)
    assert answer.status == status or (status is None and 500 <= answer.status <= 503)
    if "Busy" in target:
        assert answer.line == "HTTP/1.1 503 Busy"
    if "Retry-After" in target:
        assert answer.field("retry-after") == "60"


def test_header_fields_of_httpstat_us() -> None:
    """Sleeps in milliseconds, response fields, no body, aborts."""
    answer, waited = talk(MOCK, "/200?sleep=250", "X-HttpStatus-Response-X-Foo: bar", "X-HttpStatus-SuppressBody: true")
    assert (waited, answer.field("x-foo"), answer.body) == (0.25, "bar", b"")
    assert talk(MOCK, "/200", "X-HttpStatus-SleepAfterHeaders: 500")[1] == 0.5
    session = MOCK(Peer("127.0.0.1:1", 1))
    head = b"GET /200 HTTP/1.1\r\nHost: a\r\nX-HttpStatus-AbortBeforeHeaders: true\r\n\r\n"
    assert octets_of(session.receive(head)) == b""
    assert ask("/200", "X-HttpStatus-AbortAfterHeaders: true").body == b""
    assert 0 < len(ask("/200", "X-HttpStatus-AbortDuringBody: true").body) < len(ask("/200").body)
    assert ask("/200", "X-HttpStatus-Sleep: long").status == 400


def test_retry_after_in_both_forms_and_rate_limit_fields() -> None:
    """Seconds and a date (RFC 9110 §10.2.3); the draft's fields and those of many services."""
    assert ask("/status/429?retry_after=5").field("retry-after") == "5"
    assert ask("/status/429?retry_after_date=60").field("retry-after") == "Fri, 15 Jan 2027 08:01:00 GMT"
    CLOCK.now += 60
    assert ask("/status/429?retry_after_date=60").field("retry-after") == "Fri, 15 Jan 2027 08:02:00 GMT"
    answer = ask("/status/429?rate_limit=10,0,60")
    assert answer.field("ratelimit") == '"default";r=0;t=60'
    assert answer.field("ratelimit-policy") == '"default";q=10;w=60'
    assert answer.field("x-ratelimit-remaining") == "0"
    assert ask("/status/429?rate_limit=10").status == 400


def test_interim_answers_in_one_exchange() -> None:
    """Counted steps of class 1xx follow each other before the final one (RFC 9110 §15.2); an option repeats them."""

    def codes(target: str) -> list[str]:
        octets = octets_of(MOCK(Peer("1:1", 1)).receive(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode()))
        return [line.split(" ")[1] for line in octets.decode("latin-1").split("\r\n") if line.startswith("HTTP/1.1 ")]

    assert [codes("/status/103x3~503x1~200?key=i") for _ in range(2)] == [["103", "103", "103", "503"], ["200"]]
    assert [codes("/status/102?key=i") for _ in range(2)] == [["102", "200"]] * 2
    assert [codes("/status/404?interim=100~103x2") for _ in range(2)] == [["100", "103", "103", "404"]] * 2
    assert ask("/status/404?interim=200").status == 400
    assert ask("/status/404?interim=103x101").status == 400
    old = MOCK(Peer("1:1", 1)).receive(b"GET /status/404?interim=103 HTTP/1.0\r\n\r\n")
    assert octets_of(old).startswith(b"HTTP/1.1 404 ")


def test_expectations() -> None:
    """100 is sent, withheld, or a final answer comes before the content is read (RFC 9110 §10.1.1)."""

    def begin(target: str, *lines: str) -> bytes:
        head = "\r\n".join([f"POST {target} HTTP/1.1", "Host: a", "Content-Length: 5", *lines, "", ""])
        return octets_of(MOCK(Peer("1:1", 1)).receive(head.encode()))

    expect = "Expect: 100-continue"
    assert begin("/status/200", expect) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert begin("/status/200?expect=withhold", expect) == b""
    assert begin("/status/413", expect).startswith(b"HTTP/1.1 413 ")
    assert begin("/status/417", expect).startswith(b"HTTP/1.1 417 ")
    assert begin("/status/413") == b""
    assert begin("/status/507?expect=refuse").startswith(b"HTTP/1.1 507 ")
    assert ask("/status/200?expect=soon").status == 400


@given(st.text(max_size=60), st.sampled_from(["GET", "POST", "OPTIONS"]))
def test_any_path_gets_an_answer(path: str, method: str) -> None:
    """Nothing in a path or a query raises, and no line is begun by it."""
    target = "/" + "".join(c if "!" <= c <= "~" and c != "#" else f"%{ord(c) % 256:02x}" for c in path)
    answer = ask(target, method=method)
    assert 100 <= answer.status <= 999
    assert answer.field("statuary-answer") is not None


@given(
    st.sampled_from([route.pattern for route in ROUTES]),
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=6, max_size=6),
    st.dictionaries(
        st.sampled_from(["n", "numbytes", "duration", "delay", "code", "seed", "chunk_size", "url", "status_code"]),
        st.one_of(st.integers(-9, 10**12).map(str), st.text(max_size=5)),
        max_size=3,
    ),
)
def test_any_parameter_gets_an_answer(pattern: str, words: list[str], query: dict[str, str]) -> None:
    """Every place and parameter of every route takes any text: an answer, or a clear refusal."""
    rest = iter(words)
    path = "/".join(quote(next(rest), safe="") if part.startswith("{") else part for part in pattern.split("/"))
    answer = ask(f"{path}?{urlencode(query)}", "Range: bytes=0-1,x", "Authorization: Digest a=b, =, c")
    assert answer.status < 500 or pattern in ("/unstable", "/drip")


def test_rule_may_look_at_the_address() -> None:
    """Also of a request without content; another client is not met by it."""
    mock, shared, _ = make_mock()
    shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("403"), {"ip": "127.0.0.1"})]))
    assert talk(mock, "/get")[0].status == 403
    session = mock(Peer("192.0.2.1:9", 1))
    assert octets_of(session.receive(b"GET /get HTTP/1.1\r\nHost: a\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


def test_early_answer_leaves_nothing_to_the_next_request() -> None:
    """A refused body is read and dropped, and the connection serves on (RFC 9112 §9.3)."""
    session = MOCK(Peer("127.0.0.1:1", 1))
    head = b"POST /status/507?expect=refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"
    assert octets_of(session.receive(head)).startswith(b"HTTP/1.1 507 ")
    following = octets_of(session.receive(b"helloGET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert following.startswith(b"HTTP/1.1 204 ")


def test_journal_keeps_large_contents_in_part() -> None:
    """Both directions are cut at one limit, and a note says so."""
    mock, shared, _ = make_mock()
    talk(mock, "/bytes/100000")
    talk(mock, "/post", method="POST", body=b"x" * 70_000)
    (_, answered), (_, sent) = shared.journal
    assert len(answered.response) == 65_536
    assert answered.note == "its answer is cut at 65536 octets here"
    assert len(sent.request.partition(b"\r\n\r\n")[2]) == 65_536
    assert "its body is cut at 65536 octets here" in sent.note


def test_rule_over_a_route_answers_in_its_place() -> None:
    """A rule that never passes hides the route, with what it says itself about the answer."""
    mock, shared, _ = make_mock()
    shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("418"), {"path": "/get"})]))
    assert [talk(mock, "/get")[0].status for _ in range(3)] == [418] * 3
    shared.replace_rules(RuleIndex())
    assert talk(mock, "/get")[0].status == 200


def test_target_in_absolute_form() -> None:
    """RFC 9112 §3.2.2: a client of a proxy sends it; its host goes before the field Host, for rules and routes."""
    mock, shared, _ = make_mock()
    rule = Rule("http", "request", parse_script("418"), {"path": "/tea", "host": "api.example"}, name="tea")
    shared.replace_rules(RuleIndex([rule]))
    answer, _ = talk(mock, "http://user@api.example/tea?cup=1")
    assert answer.status == 418
    assert talk(mock, "/tea")[0].status == 404
    assert json.loads(talk(mock, "http://api.example:81/get?a=b")[0].body)["url"] == "http://api.example:81/get?a=b"
    seen = [one for one in follow(shared.journal) if one.exchange.rule == "tea"]
    assert [(one.fields["path"], one.fields["host"]) for one in seen] == [("/tea", "api.example")]


@pytest.mark.parametrize("authority", ["api.test", "api.test:8081", "API.test:"])
def test_rules_match_the_host_without_its_port(authority: str) -> None:
    """A client names the port where it is not the usual one (RFC 9110 §7.2); a rule for the host fits all the same."""
    mock, shared, _ = make_mock()
    shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("418"), {"host": "api.test"})]))
    output = mock(Peer("127.0.0.1:5", 1)).receive(f"GET /tea HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    assert octets_of(output).startswith(b"HTTP/1.1 418 ")
    (seen,) = follow(shared.journal)
    assert seen.fields["host"].lower() == "api.test"
