"""The settings of ``statuary serve``: a flag goes before the environment, that before the file."""

from __future__ import annotations

import argparse
import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from statuary.errors import RuleFileError, ServeError
from statuary.explain.words import N_
from statuary.scenario.dialects import DIALECTS
from statuary.serve.assemble import MockSettings
from statuary.serve.journal import MAX_EXCHANGES
from statuary.serve.protocols import PROTOCOLS

__all__ = ["Setting", "Settings", "add_arguments", "is_loopback", "read_settings", "settings"]

MAX_SEED = 2**53 - 1
"""The highest seed; JSON readers keep whole numbers up to it exact."""
MAX_JOURNAL_EXCHANGES = 1_000_000
"""The most exchanges that a journal can be told to keep."""
MAX_SETTINGS_OCTETS = 65_536
"""The largest file of settings, in octets."""
MAX_HOSTNAME_CHARACTERS = 255
"""The longest host name (RFC 1035 §2.3.4), in characters."""
SETTINGS_FILE = "statuary.toml"
"""The file of settings that is read where none is named and it is there."""
SITE_PORT = 8080
"""The port of the site."""
DEFAULT_HOST = "127.0.0.1"
"""The address that all servers listen on: this machine alone reaches it."""
DEFAULT_HOSTNAME = "mx.statuary.test"
"""How the mail servers call themselves."""

_ALSO = N_("%(help)s; also from the environment as %(variable)s")
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``serve`` was told.

    Args:
        mocks: what the mocks are told.
        site_port: the port of the site; 0 for any free one.
        token: what readers of the journal must show; empty for none.
        chaos: Mailpit's triggers; empty for none.
        json: whether the one line that says where all listens is JSON.
        open: whether the browser is opened at the site.
    """

    mocks: MockSettings
    site_port: int
    token: str
    chaos: str
    json: bool
    open: bool = False

    @property
    def host(self) -> str:
        """The address that all servers listen on."""
        return self.mocks.host


def ports() -> dict[str, int]:
    """The default port of every server, the site first."""
    return {"site": SITE_PORT, **{adapter.name: adapter.port for adapter in PROTOCOLS}}


class Setting(NamedTuple):
    """A setting of ``statuary serve``: a flag, a variable of the environment and a key of the file, all of one name.

    Args:
        name: with underscores, as the key of the file has it.
        help: what it is, in English.
        default: what holds without it, in words; empty where nothing does.
        metavar: what stands for its value; empty for a switch.
        unit: what a value counts; empty where it counts nothing.
        in_file: whether the file of settings has it.
        flag: whether it has a flag; words of the command line have none.
        mock: the mock server that ``help`` speaks of as ``%(name)s``; empty where it names none.
    """

    name: str
    help: str
    default: str = ""
    metavar: str = ""
    unit: str = ""
    in_file: bool = True
    flag: bool = True
    mock: str = ""

    def text(self, gettext: Callable[[str], str] = str) -> str:
        """What it is.

        Args:
            gettext: translates a part.
        """
        return gettext(self.help) % {"name": self.mock} if self.mock else gettext(self.help)

    def told(self, gettext: Callable[[str], str] = str) -> str:
        """What its flag says of it in the help: what it is, its default, its variable.

        Args:
            gettext: translates a part.
        """
        text = self.text(gettext)
        if self.default:
            text += f" ({gettext(self.default)})"
        return gettext(_ALSO) % {"help": text, "variable": self.variable}

    @property
    def option(self) -> str:
        """Its flag."""
        return f"--{self.name.replace('_', '-')}" if self.flag else self.metavar

    @property
    def variable(self) -> str:
        """Its variable of the environment."""
        return f"STATUARY_{self.name.upper()}"


def settings() -> tuple[Setting, ...]:
    """Every setting, in the order of the help."""
    return (
        Setting("rules", N_("rule files; read again when they change"), metavar="RULES...", flag=False),
        Setting("host", N_("address to listen on"), DEFAULT_HOST, "HOST"),
        *(_port(name, port) for name, port in ports().items()),
        Setting("free_ports", N_("any free port for every server whose port is not given")),
        Setting("seed", N_("seed of random choices"), N_("random, printed"), "SEED", f"0-{MAX_SEED}"),
        Setting("token", N_("what readers of journal and mail must show"), N_("made up beyond loopback"), "TOKEN"),
        Setting("hostname", N_("how the mail servers call themselves"), DEFAULT_HOSTNAME, "HOSTNAME"),
        Setting("dialects", N_("packs of magic addresses, such as ses,postmark"), metavar="PACKS"),
        Setting(
            "reports_to",
            N_("SMTP server on loopback that bounces of accepted mail are delivered to"),
            metavar="HOST:PORT",
        ),
        Setting(
            "journal_exchanges",
            N_("exchanges that the journal keeps"),
            str(MAX_EXCHANGES),
            "N",
            f"0-{MAX_JOURNAL_EXCHANGES}",
        ),
        Setting("no_journal", N_("keep no journal")),
        Setting("tls_cert", N_("certificate and chain (PEM)"), N_("an authority made at the start"), "FILE"),
        Setting("tls_key", N_("its private key (PEM)"), N_("in the certificate's file"), "FILE"),
        Setting("open", N_("open the site in the browser once all listen")),
        Setting("config", N_("file of settings"), N_("statuary.toml, where it is"), "FILE", in_file=False),
    )


def _port(name: str, port: int) -> Setting:
    if name == "site":
        what, mock = N_("port of the site and API, 0 for any free one"), ""
    else:
        what, mock = N_("port of the %(name)s mock, 0 for any free one"), name.upper()
    return Setting(f"{name}_port", what, str(port), "PORT", "0-65535", mock=mock)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``statuary serve`` to a parser."""
    for setting in settings():
        if not setting.flag:
            parser.add_argument(setting.name, nargs="*", metavar=setting.metavar.rstrip("."), help=setting.help)
            continue
        if setting.metavar:
            parser.add_argument(setting.option, metavar=setting.metavar, help=setting.told())
        else:
            parser.add_argument(setting.option, action="store_true", default=None, help=setting.told())
    parser.add_argument("--json", action="store_true", help=N_("print one line of JSON once all listen"))


class _Sources:
    """Where settings come from, in the order in which they go before each other."""

    def __init__(self, arguments: argparse.Namespace, environment: Mapping[str, str], file: Mapping[str, Any]) -> None:
        self.arguments = arguments
        self.environment = environment
        self.file = file
        self.file_name = ""

    def value(self, name: str, default: str) -> tuple[str, str]:
        """A setting and where it comes from."""
        flag = getattr(self.arguments, name, None)
        if flag is not None:
            return str(flag), f"--{name.replace('_', '-')}"
        variable = f"STATUARY_{name.upper()}"
        if self.environment.get(variable):
            return self.environment[variable], variable
        if name in self.file:
            return str(self.file[name]), f"{self.file_name}: {name}"
        return default, variable

    def number(self, name: str, default: int, highest: int) -> int:
        text, origin = self.value(name, str(default))
        if not text.isascii() or not text.isdigit() or len(text) > 20 or int(text) > highest:
            raise ServeError(f"{origin}: {text!r} is not a whole number from 0 to {highest}")
        return int(text)

    def switch(self, name: str) -> bool:
        text, origin = self.value(name, "")
        if text.lower() not in _TRUE | _FALSE:
            raise ServeError(f"{origin}: {text!r} is neither true nor false")
        return text.lower() in _TRUE

    def several(self, name: str, separator: str) -> tuple[list[str], str]:
        """A list of words; in the file it may be an array."""
        found = self.file.get(name)
        if isinstance(found, list):
            flag, variable = getattr(self.arguments, name, None), self.environment.get(f"STATUARY_{name.upper()}")
            if not flag and not variable:
                return [str(word) for word in found], f"{self.file_name}: {name}"
        text, origin = self.value(name, "")
        return [word.strip() for word in text.split(separator) if word.strip()], origin


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Settle flags, environment, file and defaults.

    Raises:
        ServeError: a value is wrong; the message names where it came from.
        RuleFileError: the file of settings is wrong.
    """
    sources = _Sources(arguments, environment, {})
    file, origin = sources.value("config", "")
    path = Path(file or SETTINGS_FILE)
    if file or path.is_file():
        sources.file = _read_file(path, origin if file else "")
        sources.file_name = str(path)
    host = sources.value("host", DEFAULT_HOST)[0]
    hostname, origin = sources.value("hostname", DEFAULT_HOSTNAME)
    if (
        not hostname.isascii()
        or not hostname.isprintable()
        or " " in hostname
        or len(hostname) > MAX_HOSTNAME_CHARACTERS
    ):
        raise ServeError(f"{origin}: {hostname!r} is not a host name")
    token = sources.value("token", "")[0]
    free = sources.switch("free_ports")
    numbers = {name: sources.number(f"{name}_port", 0 if free else port, 65535) for name, port in ports().items()}
    site_port = numbers.pop("site")
    exchanges = sources.number("journal_exchanges", MAX_EXCHANGES, MAX_JOURNAL_EXCHANGES)
    certificate, key = sources.value("tls_cert", "")[0], sources.value("tls_key", "")[0]
    if key and not certificate:
        raise ServeError("--tls-key: there is no --tls-cert to go with it")
    return Settings(
        MockSettings(
            host=host,
            ports=numbers,
            seed=sources.number("seed", secrets.randbelow(10**6), MAX_SEED),
            hostname=hostname,
            rules=_rules(sources, path),
            dialects=_dialects(sources),
            journal_exchanges=0 if sources.switch("no_journal") else exchanges,
            tls_cert=Path(certificate) if certificate else None,
            tls_key=Path(key) if key else None,
            reports_to=_reports_to(sources),
        ),
        site_port=site_port,
        token=token if token or is_loopback(host) else secrets.token_urlsafe(18),
        chaos=environment.get("MP_CHAOS_TRIGGERS", ""),
        json=bool(getattr(arguments, "json", False)),
        open=sources.switch("open"),
    )


def _rules(sources: _Sources, settings_file: Path) -> tuple[Path, ...]:
    """The rule files: of the command line, else of the environment, else of the file, beside which they stand."""
    given = getattr(sources.arguments, "rules", None)
    if given:
        return tuple(map(Path, given))
    variable = sources.environment.get("STATUARY_RULES")
    if variable:
        return tuple(Path(name) for name in variable.split(os.pathsep) if name)
    found = sources.file.get("rules", [])
    return tuple(settings_file.parent / name for name in ([found] if isinstance(found, str) else found))


def _dialects(sources: _Sources) -> tuple[str, ...]:
    """The packs of magic addresses, each of them known."""
    words, origin = sources.several("dialects", ",")
    for word in words:
        if word not in DIALECTS:
            raise ServeError(f"{origin}: no pack {word!r}: use of {', '.join(DIALECTS)}")
    return tuple(dict.fromkeys(words))


def _reports_to(sources: _Sources) -> tuple[str, int] | None:
    """Where reports about accepted mail are delivered."""
    text, origin = sources.value("reports_to", "")
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 5 or not 0 < int(port) <= 65535:
        raise ServeError(f"{origin}: {text!r} is no host and port, such as 127.0.0.1:2525")
    host = host.removeprefix("[").removesuffix("]")
    if not is_loopback(host):
        raise ServeError(f"{origin}: {host} is another machine: reports are delivered to loopback only")
    return host, int(port)


def _read_file(path: Path, origin: str) -> dict[str, Any]:
    """Read a file of settings: keys as the long options, with ``_`` for ``-``.

    Raises:
        ServeError: it cannot be read.
        RuleFileError: something in it is wrong.
    """
    import tomllib
    from difflib import get_close_matches

    from statuary.scenario.places import find_places

    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_SETTINGS_OCTETS + 1)
    except OSError as error:
        raise ServeError(f"{origin}: {path}: {error.strerror or error}") from None
    if len(content) > MAX_SETTINGS_OCTETS:
        raise RuleFileError(str(path), 1, 1, f"the file is larger than {MAX_SETTINGS_OCTETS} octets")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        raise RuleFileError(str(path), 1, 1, "not UTF-8", "save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        from statuary.scenario.rulefile import no_toml

        raise no_toml(str(path), text, error) from None
    known = tuple(setting.name for setting in settings() if setting.in_file)
    for name, value in data.items():
        place = find_places(text).get((name,))
        line, column = (place.line, place.column) if place else (1, 1)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"use of {', '.join(known)}"
            raise RuleFileError(str(path), line, column, f"no setting {name!r}", mend)
        words = isinstance(value, list) and all(isinstance(word, str) for word in value)
        if not (isinstance(value, str | int) or (words and name in ("rules", "dialects"))):
            raise RuleFileError(str(path), line, column, f"{name} is no text, number or switch")
    return data


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
