"""`statuary.wire.smtp.sasl`: the exchanges of RFC 4954 §4, one line at a time."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import RemoteProtocolError
from statuary.wire.smtp import AUTH_MECHANISMS, Challenge, Credentials, SaslExchange

NONCE = "<1896.697170952@mx.example>"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_plain_with_and_without_initial_response() -> None:
    """RFC 4616 §2: authorization identity, user and password, NUL between."""
    line = encode("\0anna\0secret")
    assert SaslExchange(f"PLAIN {line}", NONCE).start() == Credentials("anna", "secret")
    exchange = SaslExchange("plain", NONCE)
    assert exchange.start() == Challenge("")
    assert exchange.respond(line) == Credentials("anna", "secret")


def test_login_asks_for_user_and_password() -> None:
    exchange = SaslExchange("LOGIN", NONCE)
    assert exchange.start() == Challenge(encode("Username:"))
    assert exchange.respond(encode("anna")) == Challenge(encode("Password:"))
    assert exchange.respond(encode("secret")) == Credentials("anna", "secret")


def test_login_takes_the_user_at_once() -> None:
    exchange = SaslExchange(f"LOGIN {encode('anna')}", NONCE)
    assert exchange.start() == Challenge(encode("Password:"))
    assert exchange.respond(encode("")) == Credentials("anna", "")


def test_cram_md5_challenges_first() -> None:
    """RFC 2195 §2; a user may hold spaces."""
    exchange = SaslExchange("CRAM-MD5", NONCE)
    assert exchange.start() == Challenge(encode(NONCE))
    digest = hmac.new(b"secret", NONCE.encode(), "md5").hexdigest()
    assert exchange.respond(encode(f"anna b {digest}")) == Credentials("anna b", digest)
    with pytest.raises(RemoteProtocolError) as wrong:
        SaslExchange("CRAM-MD5 eA==", NONCE).start()
    assert (wrong.value.reply_hint, wrong.value.enhanced_hint) == (501, "5.5.4")


def test_xoauth2_reads_its_fields() -> None:
    line = encode("user=anna@any.test\x01auth=Bearer t0ken\x01\x01")
    assert SaslExchange(f"XOAUTH2 {line}", NONCE).start() == Credentials("anna@any.test", "Bearer t0ken")


def test_equals_sign_is_an_empty_initial_response() -> None:
    """RFC 4954 §4."""
    with pytest.raises(RemoteProtocolError, match="two NUL"):
        SaslExchange("PLAIN =", NONCE).start()


def test_mechanism_that_is_not_offered() -> None:
    """RFC 4954 §4: 504 5.5.4."""
    with pytest.raises(RemoteProtocolError) as unknown:
        SaslExchange("GSSAPI", NONCE)
    assert (unknown.value.reply_hint, unknown.value.enhanced_hint) == (504, "5.5.4")


@pytest.mark.parametrize("mechanism", AUTH_MECHANISMS)
@pytest.mark.parametrize("line", ["*", "a", "####", encode("no fields"), "gICA", encode("\0\0secret")])
def test_wrong_lines_are_refused(mechanism: str, line: str) -> None:
    """RFC 4954 §4: 501 for a client that cancels, and for what is no base64 or not what the mechanism wants."""
    exchange = SaslExchange(mechanism, NONCE)
    exchange.start()
    if mechanism == "LOGIN" and line in (encode("no fields"), encode("\0\0secret")):
        assert exchange.respond(line) == Challenge(encode("Password:"))
        return
    with pytest.raises(RemoteProtocolError) as wrong:
        exchange.respond(line)
    assert wrong.value.reply_hint == 501


@given(st.sampled_from(AUTH_MECHANISMS), st.lists(st.text(max_size=60), max_size=4))
def test_any_lines_end_in_a_result_or_a_documented_error(mechanism: str, lines: list[str]) -> None:
    exchange = SaslExchange(mechanism, NONCE)
    assert isinstance(exchange.start(), Challenge)
    for line in lines:
        hint, result = 501, None
        try:
            result = exchange.respond(line)
        except RemoteProtocolError as error:
            hint = error.reply_hint
        assert hint == 501
        if not isinstance(result, Challenge):
            break
