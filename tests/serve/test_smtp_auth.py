"""AUTH on the mock: each mechanism, each refusal, and no credentials in the journal (RFC 4954)."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from tests.serve.smtp_steps import Dialogue, rule

from statuary.scenario.causes import Window

SECRET = "open sesame"


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def attempt(dialogue: Dialogue, mechanism: str, user: str) -> list[str]:
    """The answers to an AUTH exchange."""
    match mechanism:
        case "PLAIN":
            return dialogue.say(f"AUTH PLAIN {encode(f'{chr(0)}{user}{chr(0)}{SECRET}')}")
        case "LOGIN":
            return dialogue.say("AUTH LOGIN", encode(user), encode(SECRET))
        case "CRAM-MD5":
            return dialogue.say("AUTH CRAM-MD5", encode(f"{user} {'0' * 32}"))
    return dialogue.say(f"AUTH XOAUTH2 {encode(f'user={user}{chr(1)}auth=Bearer {SECRET}{chr(1)}{chr(1)}')}")


MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_any_credentials_are_good(mechanism: str) -> None:
    dialogue = Dialogue()
    dialogue.say("EHLO c.example")
    answers = attempt(dialogue, mechanism, "anna")
    assert answers[-1] == "235 2.7.0"
    assert all(answer == "334" for answer in answers[:-1])
    assert dialogue.say("AUTH PLAIN") == ["503 5.5.1"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("script", ["535_5.7.8", "454_4.7.0", "432_4.7.12", "534_5.7.9", "538_5.7.11", "530_5.7.0"])
def test_user_name_asks_for_a_refusal(mechanism: str, script: str) -> None:
    """XOAUTH2 says why in a challenge first, which the client answers with an empty line."""
    dialogue = Dialogue()
    dialogue.say("EHLO c.example")
    answers = attempt(dialogue, mechanism, f"auth{script}@any.test")
    if mechanism == "XOAUTH2":
        assert answers == ["334"]
        answers = dialogue.say("")
    assert answers[-1] == script.replace("_", " ")
    assert dialogue.start("b@any.test") == ["250", "250 2.1.0", "250 2.1.5"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_credentials_do_not_reach_the_journal(mechanism: str) -> None:
    """The user does, as a note; the octets of the exchange are masked."""
    dialogue = Dialogue()
    dialogue.say("EHLO c.example")
    attempt(dialogue, mechanism, "anna")
    rows = dialogue.journal[2:]
    assert rows[0].request.startswith(f"AUTH {mechanism}".encode())
    assert [row.stage for row in rows] == ["auth"] * len(rows)
    assert rows[-1].note == "user anna"
    for row in rows:
        assert encode(SECRET).encode()[:8] not in row.request
        assert row.request.rstrip(b"\r\n").endswith((b"***", b"AUTH LOGIN", b"AUTH CRAM-MD5"))


@pytest.mark.parametrize(
    "lines",
    [
        [f"AUTH PLAIN {encode(SECRET)}"],
        ["EHLO c.example", "AUTH PLAIN", f"{encode(SECRET)}é"],
        ["EHLO c.example", "AUTH LOGIN", "YW5uYQ==", encode(SECRET) * 2000],
        ["EHLO c.example", "MAIL FROM:<>", f"auth plain {encode(SECRET)}"],
        ["EHLO noauth.x", f"AUTH PLAIN {encode(SECRET)}"],
    ],
)
def test_credentials_out_of_order_do_not_either(lines: list[str]) -> None:
    """Before EHLO, in a transaction, no base64, too long, cut off by the end of the connection."""
    dialogue = Dialogue()
    dialogue.say(*lines)
    dialogue.send(f"AUTH PLAIN {encode(SECRET)}".encode())
    dialogue.session.eof()
    assert len(dialogue.journal) > len(lines)
    for row in dialogue.journal:
        assert encode(SECRET)[:8].encode() not in row.request, row


def test_unfinished_response_is_masked() -> None:
    dialogue = Dialogue()
    dialogue.say("EHLO c.example", "AUTH PLAIN")
    dialogue.send(encode(SECRET).encode())
    dialogue.session.eof()
    assert dialogue.journal[-1].request == b"***\r\n"


def test_wrong_password_then_right() -> None:
    """Counted like any script: refused twice, then let in."""
    dialogue = Dialogue()
    dialogue.say("EHLO c.example")
    answers = [attempt(dialogue, "PLAIN", "auth535x2+blue@any.test")[0] for _ in range(3)]
    assert answers == ["535 5.7.8", "535 5.7.8", "235 2.7.0"]
    assert {row.key for row in dialogue.journal if row.rule} == {"blue"}


def test_rule_sees_the_user() -> None:
    dialogue = Dialogue([rule("auth", "535", user="eve*"), rule("mail", "550", user="anna")])
    dialogue.say("EHLO c.example")
    assert attempt(dialogue, "LOGIN", "eve@any.test")[-1] == "535 5.7.8"
    assert attempt(dialogue, "LOGIN", "anna")[-1] == "235 2.7.0"
    assert dialogue.say("MAIL FROM:<>") == ["550 5.1.1"]


def test_rule_without_a_user_answers_the_command() -> None:
    """534 at once: the mechanism is too weak (RFC 4954 §6)."""
    dialogue = Dialogue([rule("auth", "534_5.7.9")])
    assert dialogue.say("EHLO c.example", "AUTH LOGIN") == ["250", "534 5.7.9"]


def test_challenges_asked_for_by_script() -> None:
    """334 twice, then the exchange as usual ends."""
    dialogue = Dialogue([rule("auth", "334x2 ~ 535")])
    assert dialogue.say("EHLO c.example", "AUTH PLAIN", "eA==", "eA==") == ["250", "334", "334", "535 5.7.8"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [("AUTH GSSAPI", "504 5.5.4"), ("AUTH PLAIN ####", "501 5.5.2"), ("AUTH CRAM-MD5 eA==", "501 5.5.4")],
)
def test_wrong_commands(line: str, answer: str) -> None:
    assert Dialogue().say("EHLO c.example", line)[1] == answer


def test_client_cancels_and_goes_on() -> None:
    """RFC 4954 §4."""
    dialogue = Dialogue()
    assert dialogue.say("EHLO c.example", "AUTH LOGIN", "*", "NOOP") == ["250", "334", "501 5.7.0", "250 2.0.0"]


def test_withheld_auth_is_not_there() -> None:
    assert Dialogue().say("EHLO noauth.x", "AUTH PLAIN") == ["250", "502 5.5.1"]


@pytest.mark.parametrize("hello", ["EHLO auth334x2~535.any.test", "EHLO c.example"])
def test_script_asks_questions_first(hello: str) -> None:
    """``334x2~535``, in the user name as in EHLO: the script has the word until the exchange is over."""
    dialogue = Dialogue()
    user = "anna" if "auth" in hello else "auth334x2~535@any.test"
    dialogue.say(hello)
    assert [*attempt(dialogue, "PLAIN", user), *dialogue.say(encode("x"), encode("y"))] == ["334", "334", "535 5.7.8"]
    assert dialogue.say("NOOP") == ["250 2.0.0"]


@pytest.mark.parametrize("hello", ["EHLO auth334.any.test", "EHLO c.example"])
def test_client_cancels_what_a_script_asks(hello: str) -> None:
    """RFC 4954 §4: after ``*`` the answer is 501, whoever asked, and commands go on."""
    dialogue = Dialogue()
    dialogue.say(hello)
    assert attempt(dialogue, "PLAIN", "anna" if "auth" in hello else "auth334@any.test") == ["334"]
    assert dialogue.say("*", "NOOP") == ["501 5.7.0", "250 2.0.0"]


def test_causes_may_be_kept_by_user() -> None:
    """A window by user is asked once the user is known, and lets each in so many times."""
    limited = replace(rule("auth", "454 4.7.0"), cause=Window(1, 60.0, ("user",)))
    shared = Dialogue([limited]).shared
    answers = []
    for user in ("anna", "bob", "anna"):
        dialogue = Dialogue(shared=shared)
        dialogue.say("EHLO c.example")
        answers += attempt(dialogue, "PLAIN", user)
    assert answers == ["235 2.7.0", "235 2.7.0", "454 4.7.0"]
