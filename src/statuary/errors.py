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

from collections.abc import Sequence

__all__ = [
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
        expected: what it should be.
    """

    def __init__(self, name: str, expected: str) -> None:
        self.name = name
        self.expected = expected
        super().__init__(f"{name}: expected {expected}")


class ScriptError(StatuaryError):
    """A scenario script cannot be parsed.

    Args:
        text: the script as it was given.
        position: where it went wrong, an index into ``text`` counted from 0.
        expected: what could have stood there.
    """

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.text = text
        self.position = position
        self.expected = expected
        found = repr(text[position]) if position < len(text) else "the end"
        super().__init__(f"character {position + 1}: expected {expected}, found {found}")

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
    """

    def __init__(self, path: str, line: int, column: int, problem: str, mend: str = "") -> None:
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
