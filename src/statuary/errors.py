"""Every exception that Statuary raises on purpose.

StatuaryError
    ContentError          a content file is wrong; carries path, line, column and the mend
    CatalogueError        the compiled catalogue cannot be read or built
    CodeNotFound          a look-up found nothing; carries suggestions
    SeveralOwners         a number has several owners and one was asked for; carries their codes
    WrongArgument         an argument of a question is missing or wrong; carries its name and what it should be
    ScriptError           a scenario script cannot be parsed; carries the position
    RuleError             a rule is wrong
        RuleFileError         a rule file is wrong; carries path, line, column and the mend
    LimitExceeded         something grew past a limit with a name
    ProtocolError
        LocalProtocolError    our side asked the engine for something the protocol forbids
        RemoteProtocolError   the peer sent something that the protocol forbids
    ServeError            a server cannot start: a port in use, an address that is not ours
    BuildError            a site cannot be written: a folder that holds something else, an address that is none
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = [
    "ARGUMENT_PROBLEM",
    "N_",
    "SCRIPT_END",
    "SCRIPT_MEND",
    "SCRIPT_PROBLEM",
    "BuildError",
    "CatalogueError",
    "CodeNotFound",
    "ContentError",
    "LimitExceeded",
    "LocalProtocolError",
    "ProtocolError",
    "RemoteProtocolError",
    "RuleError",
    "RuleFileError",
    "ScriptError",
    "ServeError",
    "SeveralOwners",
    "StatuaryError",
    "WrongArgument",
]


def N_(message: str) -> str:  # noqa: N802 - the field's own name for "to be translated later"
    """Mark a text for extraction; it is translated when a surface shows it. Errors are raised in English."""
    return message


SCRIPT_PROBLEM = N_("character %(position)s: expected %(expected)s, found %(found)s")
"""What a :class:`ScriptError` says."""
SCRIPT_END = N_("the end")
"""What is found behind the last character of a script."""
SCRIPT_MEND = N_("see the scenario language")
"""What mends a script in a rule."""
ARGUMENT_PROBLEM = N_("%(name)s: expected %(expected)s")
"""What a :class:`WrongArgument` says."""


class StatuaryError(Exception):
    """The root of the hierarchy: catch it to catch all that Statuary raises on purpose."""


class ContentError(StatuaryError):
    """A content file is wrong.

    Args:
        path: the file, relative to the content root.
        line: the line, counted from 1.
        column: the column, counted from 1.
        problem: what is wrong, in one sentence.
        mend: what to write instead; empty where there is no single mend.
    """

    def __init__(self, path: str, line: int, column: int, problem: str, mend: str = "") -> None:
        self.path = path
        self.line = line
        self.column = column
        self.problem = problem
        self.mend = mend
        hint = f" ({mend})" if mend else ""
        super().__init__(f"{path}:{line}:{column}: {problem}{hint}")


class CatalogueError(StatuaryError):
    """The compiled catalogue is missing, unreadable or of another version."""


class CodeNotFound(StatuaryError):
    """A look-up found nothing.

    Args:
        query: what was asked for.
        suggestions: identities that were probably meant, best first.
    """

    def __init__(self, query: str, suggestions: Sequence[str] = ()) -> None:
        self.query = query
        self.suggestions = tuple(suggestions)
        hint = f"; did you mean {', '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"no code is known as {query!r}{hint}")


class SeveralOwners(StatuaryError):
    """One code was asked for by a number that several owners use.

    Args:
        query: what was asked for, such as ``http/499``.
        identities: the identities that it leads to, such as ``http/499-nginx``.
    """

    def __init__(self, query: str, identities: Sequence[str]) -> None:
        self.query = query
        self.identities = tuple(identities)
        super().__init__(f"{query} has several owners: ask for one of {', '.join(self.identities)}")


class WrongArgument(StatuaryError):
    """An argument of a question is missing or wrong.

    Args:
        name: the argument.
        expected: what it should be, with places such as ``%(most)s`` where there are values.
        values: what fills these places.
    """

    def __init__(self, name: str, expected: str, values: Mapping[str, object] | None = None) -> None:
        self.name = name
        self.template = expected
        self.values = dict(values or {})
        self.expected = expected % self.values if self.values else expected
        super().__init__(ARGUMENT_PROBLEM % {"name": name, "expected": self.expected})


class ScriptError(StatuaryError):
    """A scenario script cannot be parsed.

    It is said in English; ``template`` and ``values`` let a surface say it in its reader's language.

    Args:
        text: the script as it was given.
        position: where it went wrong, an index into ``text`` counted from 0.
        expected: what could have stood there, with places such as ``%(low)s`` where there are values.
        values: what fills these places.
    """

    def __init__(self, text: str, position: int, expected: str, values: Mapping[str, object] | None = None) -> None:
        self.text = text
        self.position = position
        self.template = expected
        self.values = dict(values or {})
        self.expected = expected % self.values if self.values else expected
        super().__init__(
            SCRIPT_PROBLEM % {"position": position + 1, "expected": self.expected, "found": self.found or SCRIPT_END}
        )

    @property
    def found(self) -> str:
        """The character that stands there, in quotes; empty at the end of the script."""
        return repr(self.text[self.position]) if self.position < len(self.text) else ""

    @property
    def pointer(self) -> str:
        """The script and, under it, a caret at the place of the error: two lines."""
        return f"{self.text}\n{' ' * self.position}^"


class RuleError(StatuaryError):
    """A rule is wrong: an unknown stage, field or key, or a script that cannot be parsed."""


class RuleFileError(RuleError):
    """A rule file, or a file of settings, is wrong.

    Args:
        path: the file.
        line: the line, counted from 1.
        column: the column, counted from 1.
        problem: what is wrong, in one sentence.
        mend: what to write instead; empty where there is no single mend.
        script: what is wrong in the script of a rule; None where it is something else.
    """

    def __init__(
        self, path: str, line: int, column: int, problem: str, mend: str = "", script: ScriptError | None = None
    ) -> None:
        self.script = script
        self.path = path
        self.line = line
        self.column = column
        self.problem = problem
        self.mend = mend
        hint = f" ({mend})" if mend else ""
        super().__init__(f"{path}:{line}:{column}: {problem}{hint}")


class LimitExceeded(StatuaryError):
    """Something that a stranger can make large grew past its limit.

    Args:
        limit: the name of the limit, such as ``max_line_octets``.
        value: the limit itself.
    """

    def __init__(self, limit: str, value: int) -> None:
        self.limit = limit
        self.value = value
        super().__init__(f"{limit} is {value}")


class ProtocolError(StatuaryError):
    """Base of the two protocol errors; never raised itself."""


class LocalProtocolError(ProtocolError):
    """Our side asked an engine for something that the protocol or its state forbids."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol forbids.

    Args:
        problem: what is wrong, in one sentence; for logs and the journal, never for the wire.
        reply_hint: the code to answer with, such as ``400`` in HTTP or ``500`` in SMTP.
        enhanced_hint: the enhanced status code to go with it; empty outside SMTP.
    """

    def __init__(self, problem: str, reply_hint: int, enhanced_hint: str = "") -> None:
        self.problem = problem
        self.reply_hint = reply_hint
        self.enhanced_hint = enhanced_hint
        super().__init__(problem)


class ServeError(StatuaryError):
    """A server cannot start or go on: a port in use, an address that is not ours, a missing file."""


class BuildError(StatuaryError):
    """A site cannot be written: the folder holds something else, or an address is none."""
