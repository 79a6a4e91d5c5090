"""Facts put into words. English sentences are gettext msgids: a surface renders them in its reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from statuary.catalog.enhanced import NO_ENHANCED_STAGES
from statuary.catalog.model import Code, Retry
from statuary.errors import N_

__all__ = [
    "CLAIM_KINDS",
    "KINDS",
    "N_",
    "STATUSES",
    "WHO",
    "WIRES",
    "Phrase",
    "actor_phrase",
    "class_phrase",
    "duration",
    "fate_phrase",
    "has_actor",
    "is_described",
    "is_sent",
    "kept",
    "owner_phrase",
    "reply_line",
    "retry_phrase",
    "retry_phrases",
    "stages_phrase",
]


class Phrase(NamedTuple):
    """A sentence with places to fill.

    Args:
        msgid: the English, with places such as ``%(hours)s``.
        values: what fills them; a value that is itself a phrase is rendered first.
        translate: False for facts, such as registered names, that stay as they are.
    """

    msgid: str
    values: Mapping[str, object] = MappingProxyType({})
    translate: bool = True

    def render(self, gettext: Callable[[str], str] = str) -> str:
        """The sentence in the language of ``gettext``."""
        text = gettext(self.msgid) if self.translate and self.msgid else self.msgid
        if not self.values:
            return text
        return text % {
            name: value.render(gettext) if isinstance(value, Phrase) else value for name, value in self.values.items()
        }


def kept(text: str) -> Phrase:
    """A fact that no language changes."""
    return Phrase(text, translate=False)


STATUSES: Mapping[str, str] = {
    "registered": N_("registered"),
    "reserved": N_("reserved"),
    "obsolete": N_("obsolete"),
    "unofficial": N_("unofficial"),
    "unassigned": N_("unassigned"),
}
KINDS: Mapping[str, str] = {
    "code": N_("code"),
    "range": N_("range"),
    "template": N_("template"),
    "class": N_("class"),
    "subject": N_("subject"),
}
WIRES: Mapping[str, str] = {
    "sent": N_("sent on the wire"),
    "log-only": N_("seen in logs only, never sent"),
    "client-side": N_("made up by client software, never sent"),
    "never": N_("reserved: nobody sends it"),
    "exit-status": N_("not sent: a program ends with it"),
}
CLAIM_KINDS: Mapping[str, str] = {
    "specification": N_("Specification"),
    "registry": N_("Registry"),
    "vendor": N_("Vendor"),
    "seen in practice": N_("Seen in practice"),
}
WHO: Mapping[str, str] = {
    "client": N_("the client program"),
    "user": N_("a person"),
    "server": N_("the sending mail server's queue"),
    "nobody": N_("nobody"),
}
_POLICIES: Mapping[str, str] = {
    "": N_("Nothing is known about repeating it."),
    "not-needed": N_("No repeat is needed."),
    "await-result": N_("Do not repeat it; the result is still to come."),
    "continue": N_("Go on: this is an interim answer."),
    "never": N_("Do not repeat it."),
    "same-request-later": N_("Send the same again later."),
    "same-request-new-connection": N_("Send the same again on a new connection."),
    "after-change": N_("Change what is wrong first; the same again will fail again."),
    "failed-parts": N_("Repeat only the parts that failed, each as its own code says."),
    "whole-sequence": N_("Repeat the whole sequence from its first step; this step alone will fail again."),
    "after-user-action": N_("Repeat it only when a person asks for it again."),
    "other-address": N_("Go to the address that the answer names."),
}
_FATES: Mapping[tuple[str, str], str] = {
    ("smtp", "2"): N_("The command is done; after the final dot, the server has taken the message over."),
    ("smtp", "3"): N_("The server waits for more; nothing is decided yet."),
    ("smtp", "4"): N_("The message stays in the sender's queue and is tried again."),
    ("smtp", "5"): N_("The sender's server gives up and returns the message to its sender."),
    ("http", "1"): N_("The request goes on; the final answer is still to come."),
    ("http", "2"): N_("The request was carried out."),
    ("http", "3"): N_("More is to be done, mostly at another address, before the request is complete."),
    ("http", "4"): N_("The request was refused: the client has to change something."),
    ("http", "5"): N_("The request may be in order; the server could not carry it out."),
    ("ftp", "1"): N_("The command has begun; another reply follows."),
    ("ftp", "2"): N_("The command was carried out."),
    ("ftp", "3"): N_("The server waits for more; nothing is decided yet."),
    ("ftp", "4"): N_("The command failed for now; the same may succeed later."),
    ("ftp", "5"): N_("The command was refused; the same will be refused again."),
    ("sip", "1"): N_("The request goes on; the final answer is still to come."),
    ("sip", "2"): N_("The request was carried out."),
    ("sip", "3"): N_("The other party may be reached at another address."),
    ("sip", "4"): N_("This server refused the request; elsewhere, or changed, it may succeed."),
    ("sip", "5"): N_("The request may be in order; the server could not carry it out."),
    ("sip", "6"): N_("The request fails everywhere; no other server need be asked."),
    ("websocket", ""): N_("The connection is closed, and the code says why."),
    ("grpc", ""): N_("The call is over, and the status says how it ended."),
    ("dns", ""): N_("The query is answered, and the code says whether the answer can be used."),
    ("tls", ""): N_("One side says why it ends or refuses the connection."),
}
"""What a code means for its message or request, by protocol and first digit; with no digit, for all of a protocol."""
_UNSENT_FATES: Mapping[str, str] = {
    "log-only": N_("It stands in the server's log; the client receives another answer or none."),
    "client-side": N_("Client software made it up; no server has answered with it."),
    "never": N_("The number is reserved; whoever sends it breaks the protocol."),
    "exit-status": N_("The program has ended, and its caller learns from the status why."),
}
_MESSAGE_STAGES = frozenset({"any", "connect", "mail", "rcpt", "data", "message"})
"""Stages at which the fate of a message is decided; a code that decides on one at BDAT names "message" as well."""
_OPENING_STAGES = frozenset({"connect", "starttls"})
"""Stages at which nothing has been asked for but to begin."""
_LATER = ("same-request-later", "same-request-new-connection")
_BY_HAND = ("after-change", "after-user-action")
_ACTORS: Mapping[tuple[str, str], str] = {
    ("smtp", "2"): N_("nobody"),
    ("smtp", "3"): N_("the sending program"),
    ("smtp", "4"): N_("the sending mail server's queue; then whoever runs the receiving server"),
    ("smtp", "5"): N_("the sender"),
    ("http", "1"): N_("nobody"),
    ("http", "2"): N_("nobody"),
    ("http", "3"): N_("the client program"),
    ("http", "4"): N_("whoever sends the request"),
    ("http", "5"): N_("whoever runs the server"),
    ("ftp", "1"): N_("nobody"),
    ("ftp", "2"): N_("nobody"),
    ("ftp", "3"): N_("the client program"),
    ("ftp", "4"): N_("the client program"),
    ("ftp", "5"): N_("whoever sends the request"),
    ("sip", "1"): N_("nobody"),
    ("sip", "2"): N_("nobody"),
    ("sip", "3"): N_("the client program"),
    ("sip", "4"): N_("whoever sends the request"),
    ("sip", "5"): N_("whoever runs the server"),
    ("sip", "6"): N_("the client program"),
}


_OWN_CLASSES: Mapping[str, str] = {
    "Class": N_("Class"),
    "Subject": N_("Subject"),
    "outside 1xx-5xx": N_("outside 1xx-5xx"),
    "Winsock error": N_("Winsock error"),
    "0-999 not used": N_("0-999 not used"),
    "1000-2999 protocol": N_("1000-2999 protocol"),
    "3000-3999 libraries, frameworks, applications": N_("3000-3999 libraries, frameworks, applications"),
    "4000-4999 private use": N_("4000-4999 private use"),
    "gRPC status": N_("gRPC status"),
    "header RCODE (4 bits)": N_("header RCODE (4 bits)"),
    "TSIG/TKEY error": N_("TSIG/TKEY error"),
    "extended RCODE (EDNS)": N_("extended RCODE (EDNS)"),
    "TLS alert description": N_("TLS alert description"),
    "status indicator": N_("status indicator"),
    "extended response code": N_("extended response code"),
    "non-error": N_("non-error"),
    "operation/limit": N_("operation/limit"),
    "attribute": N_("attribute"),
    "name": N_("name"),
    "security": N_("security"),
    "service": N_("service"),
    "update": N_("update"),
    "extension": N_("extension"),
    "other": N_("other"),
    "success (<0x80)": N_("success (<0x80)"),
    "failure (>=0x80)": N_("failure (≥0x80)"),
    "success": N_("success"),
    "soft (channel)": N_("soft (channel)"),
    "hard (connection)": N_("hard (connection)"),
    "HTTP/2 error code": N_("HTTP/2 error code"),
    "HTTP/3 error code": N_("HTTP/3 error code"),
    "QPACK error code": N_("QPACK error code"),
    "QUIC transport error": N_("QUIC transport error"),
    "exit status": N_("exit status"),
    "SQLSTATE class": N_("SQLSTATE class"),
}
"""Classes that no registry names: the words are ours."""
_OWN_OWNERS: Mapping[str, str] = {
    "informal": N_("informal"),
    "various": N_("various"),
    "Mail programs": N_("Mail programs"),
    "Early SMTP servers": N_("Early SMTP servers"),
    "Published error lists": N_("Published error lists"),
}
"""Owners that have no name of their own: the words are ours."""


def class_phrase(code: Code) -> Phrase:
    """The class: as registered, or in the reader's language where the word is ours."""
    ours = _OWN_CLASSES.get(code.class_)
    return Phrase(ours) if ours else kept(code.class_)


def owner_phrase(owner: str) -> Phrase:
    """Who defines a code: a name, or in the reader's language where there is none and the words are ours."""
    ours = _OWN_OWNERS.get(owner)
    return Phrase(ours) if ours else kept(owner)


def fate_phrase(code: Code) -> Phrase:
    """What the code means for the message or request."""
    if code.wire in _UNSENT_FATES:
        return Phrase(_UNSENT_FATES[code.wire])
    if code.kind in ("template", "subject"):
        return Phrase(N_("That depends on its class: success, a failure for now or a failure for good."))
    if code.retry.policy == "await-result":
        return Phrase(N_("The request was accepted; whether it will succeed is still open."))
    if code.protocol == "smtp" and code.value[0] == "2" and code.stages and _OPENING_STAGES.issuperset(code.stages):
        return Phrase(N_("The server is ready: the session, or the TLS handshake, may begin."))
    if code.protocol == "smtp" and code.stages and not _MESSAGE_STAGES.intersection(code.stages):
        return Phrase(N_("It answers a command of the session; no message hangs on it."))
    if code.protocol == "http" and code.value[0] == "4" and code.retry.policy in _LATER:
        return Phrase(N_("The request was refused for now; the same may be sent again."))
    general = _FATES.get((code.protocol, ""), N_("Its specification says."))
    return Phrase(_FATES.get((code.protocol, code.value[0]), general))


def is_described(code: Code) -> bool:
    """Whether there is a sentence on what it means for the message or request."""
    return code.wire in _UNSENT_FATES or bool({(code.protocol, ""), (code.protocol, code.value[0])} & _FATES.keys())


def actor_phrase(code: Code) -> Phrase:
    """Who has to act."""
    return Phrase(_actor(code) or N_("not described yet"))


def has_actor(code: Code) -> bool:
    """Whether it is known who has to act."""
    return bool(_actor(code))


def _actor(code: Code) -> str:
    if code.protocol == "smtp" and code.value[0] == "4" and code.retry.who == "client" and code.retry.policy in _LATER:
        return N_("the client program; then whoever runs the receiving server")
    if code.protocol == "http" and code.value[0] == "5" and code.retry.who == "user" and code.retry.policy in _BY_HAND:
        return WHO["user"]
    general = WHO.get(code.retry.who if code.protocol != "smtp" else "", "")
    return _ACTORS.get((code.protocol, code.value[0]), general)


def is_sent(code: Code) -> bool:
    """Whether it goes over the wire as it stands: a template, a class or a number in logs does not."""
    return code.kind == "code" and code.wire == "sent"


def reply_line(code: Code) -> str:
    """The reply as it is sent, with its enhanced status code where one may stand; empty for what is never sent."""
    answer = code.answer
    if not answer.text or not is_sent(code):
        return ""
    bare = bool(code.stages) and NO_ENHANCED_STAGES.issuperset(code.stages)
    return " ".join(part for part in (code.value, "" if bare else answer.enhanced, answer.text) if part)


def stages_phrase(code: Code) -> Phrase:
    """Where it may be sent; the stages are commands and stay as they are."""
    if code.wire != "sent":
        return Phrase(N_("nowhere: it is not sent"))
    if code.template or code.kind in ("template", "class", "subject"):
        return Phrase(N_("beside a reply code, wherever that one is sent"))
    if not code.stages and code.status == "unassigned":
        return Phrase(N_("nowhere: it has no meaning"))
    if not code.stages:
        return Phrase(N_("not described yet"))
    if "any" in code.stages:
        return Phrase(N_("in answer to anything"))
    return kept(", ".join(code.stages))


def retry_phrases(retry: Retry) -> list[Phrase]:
    """The retry advice, sentence by sentence."""
    phrases = [Phrase(_POLICIES[retry.policy])]
    if retry.idempotent_only:
        phrases.append(Phrase(N_("By itself only where repeating does no harm, as with idempotent methods.")))
    if retry.who and retry.policy not in ("not-needed", "await-result", "continue", "never"):
        phrases.append(Phrase(N_("Who repeats it: %(who)s."), {"who": Phrase(WHO[retry.who])}))
    if retry.wait_seconds:
        phrases.append(Phrase(N_("Wait at least %(time)s."), {"time": duration(retry.wait_seconds)}))
    if retry.give_up_seconds:
        phrases.append(Phrase(N_("Give up after %(time)s at the earliest."), {"time": duration(retry.give_up_seconds)}))
    if retry.header:
        phrases.append(Phrase(N_("The answer can state the wait in %(header)s."), {"header": retry.header}))
    return phrases


def retry_phrase(retry: Retry) -> Phrase:
    """The whole retry advice as one phrase; the language decides what stands between its sentences."""
    first, *others = retry_phrases(retry)
    whole = first
    for sentence in others:
        whole = Phrase(N_("%(before)s %(after)s"), {"before": whole, "after": sentence})
    return whole


def duration(seconds: int) -> Phrase:
    """A time in the largest unit that divides it."""
    for size, msgid in ((86400, N_("%(count)s days")), (3600, N_("%(count)s hours")), (60, N_("%(count)s minutes"))):
        if seconds >= 2 * size and seconds % size == 0:
            return Phrase(msgid, {"count": seconds // size})
    return Phrase(N_("%(count)s seconds"), {"count": seconds})
