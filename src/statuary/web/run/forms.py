"""A script in every spelling that a person may need: address, rule, test, and the commands that ask for it now."""

from __future__ import annotations

import base64
import re
import shlex
from typing import Any, NamedTuple
from urllib.parse import quote

import tomli_w

from statuary.errors import RuleError
from statuary.scenario.rules import Rule, check_field
from statuary.scenario.ruletable import write_rule
from statuary.web.run.ask import Ask
from statuary.web.site import Site

__all__ = ["Forms", "Places", "forms_of", "places_of"]

_PASSWORD = "secret"  # noqa: S105 - any is good for the mock, and this one is shown
_SUBJECT = "Subject: Hello"
_WORDS = "Hello from a test."
_CHUNK = f"{_SUBJECT}\\r\\n\\r\\nHi"
_CHUNK_OCTETS = len(_CHUNK) - _CHUNK.count("\\r\\n") * 2
_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./~-]+")
_BODY_STAGES = ("data", "message")
_SWAKS = frozenset({"connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message", "quit"})
"""The stages that swaks comes to."""
_CURL = frozenset({"connect", "ehlo", "auth", "mail", "rcpt", "data", "message", "quit"})
"""The stages that curl comes to by itself."""


class Places(NamedTuple):
    """Where the mocks listen, each as ``host:port``.

    Args:
        http: HTTP in the clear.
        https: HTTP inside TLS.
        smtp: SMTP in the clear.
        smtps: SMTP inside TLS.
        submission: SMTP with STARTTLS.
    """

    http: str
    https: str
    smtp: str
    smtps: str
    submission: str


class Forms(NamedTuple):
    """The spellings of one script; empty where there is none.

    Args:
        script: in its one spelling.
        way: what asks for it.
        url: HTTP: its address on the mock.
        address: SMTP: the word that asks.
        rule: TOML for a rule file.
        pytest: what a test says.
        curl: a command.
        swaks: a command.
        openssl: a command that speaks inside TLS.
        python: a program of the standard library.
    """

    script: str
    way: str
    url: str
    address: str
    rule: str
    pytest: str
    curl: str
    swaks: str
    openssl: str
    python: str

    def to_dict(self) -> dict[str, Any]:
        """The spellings as plain data for JSON."""
        return self._asdict()


def places_of(site: Site) -> Places:
    """Where the mocks of a site listen."""
    return Places(*(site.place_of(name) for name in Places._fields))


def forms_of(ask: Ask, places: Places) -> Forms:
    """Spell a script.

    Args:
        ask: how it is asked for.
        places: where the mocks listen.
    """
    script = str(ask.script) if ask.script is not None else ""
    http = ask.protocol == "http"
    url = f"http://{places.http}{ask.target}" if http else ""
    commands = _http(ask, places, url) if http else _smtp(ask, places)
    address = "" if http else ask.spelled
    return Forms(script, ask.way, url, address, _rule(ask), _pytest(ask), *commands)


def _rule(ask: Ask) -> str:
    if ask.script is None:
        return ""
    key = _rule_key(ask)
    match = {"key": key} if key else {}
    table = write_rule(Rule(ask.protocol, ask.stage, ask.script, match))
    del table["name"]
    flat = tomli_w.dumps({name: value for name, value in table.items() if name != "match"})
    return f"[[rule]]\n{flat}" + (f"match = {{ key = {_text(key)} }}\n" if key else "")


def _rule_key(ask: Ask) -> str:
    """The key that a rule can match; at some stages nobody has named one yet."""
    if not ask.key:
        return ""
    try:
        check_field(ask.protocol, ask.stage, "key")
    except RuleError:
        return ""
    return ask.key


def _pytest(ask: Ask) -> str:
    if ask.script is None:
        return ""
    words = [_text(ask.stage)] if ask.protocol == "smtp" else []
    key = _rule_key(ask)
    words += [f"key={_text(key)}"] if key else []
    return f"statuary_{ask.protocol}.on({', '.join(words)}).answer({_text(str(ask.script))})"


def _http(ask: Ask, places: Places, url: str) -> tuple[str, str, str, str]:
    """The commands of curl, swaks (none), OpenSSL and Python."""
    request = f"GET {ask.target} HTTP/1.1\\r\\nHost: {places.https}\\r\\nConnection: close\\r\\n\\r\\n"
    python = (
        "import http.client\n"
        f"client = http.client.HTTPConnection({_text(places.http)})\n"
        f"client.request({_text('GET')}, {_text(ask.target)})\n"
        "answer = client.getresponse()\n"
        "print(answer.status, answer.reason, answer.headers, answer.read())"
    )
    return f"curl -i {_shell(url)}", "", _printed(request, f"-connect {places.https}"), python


def _smtp(ask: Ask, places: Places) -> tuple[str, str, str, str]:
    curl = _curl_smtp(ask, places) if ask.stage in _CURL else ""
    swaks = _swaks(ask, places) if ask.stage in _SWAKS else ""
    return curl, swaks, _openssl_smtp(ask, places), _python_smtp(ask, places)


def _swaks(ask: Ask, places: Places) -> str:
    if "," in ask.recipient:
        return ""  # swaks takes every comma for the end of a recipient, within quotes too
    secured = ask.stage == "starttls"
    words = ["swaks", "--server", places.submission if secured else places.smtp]
    words += ["--tls"] if secured else []
    words += ["--ehlo", _shell(ask.hello)] if ask.way == "hello" else []
    words += ["--auth-user", _shell(ask.word), "--auth-password", _PASSWORD] if ask.way == "user" else []
    words += ["--from", _shell(ask.sender)] if ask.way == "sender" else []
    words += ["--to", _shell(ask.recipient)]
    return " ".join(words)


def _curl_smtp(ask: Ask, places: Places) -> str:
    url = f"smtp://{places.smtp}" + (f"/{quote(ask.hello, safe='~:,=')}" if ask.way == "hello" else "")
    user = ["--user", _shell(f"{ask.word}:{_PASSWORD}")] if ask.way == "user" else []
    words = ["curl", _shell(url), *user, "--mail-from", _shell(ask.sender), "--mail-rcpt", _shell(ask.recipient)]
    return " ".join([*words, "-T", "message.eml"])


def _openssl_smtp(ask: Ask, places: Places) -> str:
    """The whole dialogue at once (RFC 2920 §3.1); ``-quiet`` keeps Q and R from being commands of the program."""
    if ask.stage == "starttls":
        return f"openssl s_client -quiet -starttls smtp -name {_shell(ask.hello)} -connect {places.submission}"
    lines = "".join(f"{line}\\r\\n" for line in _lines(ask))
    return _printed(lines, f"-connect {places.smtps}")


def _lines(ask: Ask) -> list[str]:
    """What a client says until the stage, and QUIT."""
    opening = [f"EHLO {ask.hello}"]
    path = [f"MAIL FROM:<{ask.sender}>", f"RCPT TO:<{ask.recipient}>"]
    match ask.stage:
        case "connect" | "ehlo":
            lines = []
        case "auth":
            lines = [f"AUTH PLAIN {_plain(ask.word)}"]
        case "data" | "message":
            lines = [*path, "DATA", f"{_SUBJECT}\\r\\n\\r\\n{_WORDS}\\r\\n."]
        case "bdat":
            return [*opening, *path, f"BDAT {_CHUNK_OCTETS} LAST\\r\\n{_CHUNK}QUIT"]
        case "rset":
            lines = [*path, "RSET"]
        case "mail" | "rcpt" | "quit":
            lines = path
        case "other":
            lines = ["XTEST"]
        case _:
            lines = [f"{ask.stage.upper()} {ask.word or 'x'}"]
    return [*opening, *lines, "QUIT"]


def _python_smtp(ask: Ask, places: Places) -> str:
    host, _, port = places.smtp.rpartition(":")
    host = host.strip("[]")
    if ask.stage == "starttls":
        port = places.submission.rpartition(":")[2]
    name = f", local_hostname={_text(ask.hello)}" if ask.way == "hello" else ""
    says = [
        "import smtplib",
        f"with smtplib.SMTP({_text(host)}, {port}{name}) as client:",
        "    client.set_debuglevel(1)",
        *(f"    {line}" for line in _python_lines(ask)),
    ]
    return "\n".join(says)


def _python_lines(ask: Ask) -> list[str]:
    path = ["client.ehlo()", f"client.mail({_text(ask.sender)})", f"client.rcpt({_text(ask.recipient)})"]
    match ask.stage:
        case "connect" | "ehlo":
            return path[:1]
        case "starttls":
            return [*path[:1], f"client.docmd({_text('STARTTLS')})"]
        case "auth":
            return [*path[:1], f"client.docmd({_text('AUTH PLAIN ' + _plain(ask.word))})"]
        case "mail" | "rcpt" | "quit":
            return path
        case "rset":
            return [*path, "client.rset()"]
        case "bdat":
            chunk = f'"BDAT {_CHUNK_OCTETS} LAST\\r\\n{_CHUNK}"'
            return [*path, f"client.send({chunk})", "client.getreply()"]
        case stage if stage in _BODY_STAGES:
            return [*path, f'client.data("{_SUBJECT}\\r\\n\\r\\n{_WORDS}\\r\\n")']
        case "other":
            return [*path[:1], f"client.docmd({_text('XTEST')})"]
        case stage:
            return [*path[:1], f"client.docmd({_text((stage.upper() + ' ' + (ask.word or 'x')).rstrip())})"]


def _plain(user: str) -> str:
    """The response of AUTH PLAIN (RFC 4616 §2)."""
    return base64.b64encode(f"\0{user or 'user'}\0{_PASSWORD}".encode()).decode("ascii")


def _printed(octets: str, where: str) -> str:
    """A command that says something inside TLS; ``printf`` reads ``%`` and ``\\`` for itself."""
    return f"printf '{octets.replace('%', '%%')}' | openssl s_client -quiet {where}"


def _shell(word: str) -> str:
    """A word as a shell takes it; a tilde or an equals sign within it does nothing there."""
    return word if _SAFE.fullmatch(word) else shlex.quote(word)


def _text(text: str) -> str:
    """A text as Python and TOML write it alike: between double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
