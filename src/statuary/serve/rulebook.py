"""The rules in force: those of the files, which are read again when they change, and those added while it serves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from statuary.errors import RuleError, RuleFileError
from statuary.scenario.rulefile import MAX_FAULTS, MAX_RULE_FILE_OCTETS, read_rules, write_rules
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.scenario.ruletable import write_rule
from statuary.serve.session import Shared

__all__ = ["RuleFilesError", "Rulebook", "read_rule_files"]

MAX_RULE_FILES = 100
"""The most rule files."""

_Stamp = tuple[int, int, int]


class RuleFilesError(RuleError):
    """Rule files are wrong.

    Args:
        faults: what is wrong in them, file by file.
    """

    def __init__(self, faults: Sequence[RuleFileError]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


def read_rule_files(paths: Sequence[Path]) -> tuple[Rule, ...]:
    """Read several rule files.

    Raises:
        RuleFilesError: something in them is wrong; none is taken.
    """
    if len(paths) > MAX_RULE_FILES:
        raise RuleFilesError([RuleFileError(str(paths[-1]), 1, 1, f"more than {MAX_RULE_FILES} rule files")])
    rules: list[Rule] = []
    faults: list[RuleFileError] = []
    names: dict[str, str] = {}
    for path in paths:
        try:
            with path.open("rb") as file:
                content = file.read(MAX_RULE_FILE_OCTETS + 1)
        except OSError as error:
            faults.append(RuleFileError(str(path), 1, 1, f"it cannot be read: {error.strerror or error}"))
            continue
        found = read_rules(content, str(path), path.stem)
        faults.extend(found.faults)
        for rule in found.rules:
            if rule.name in names:
                problem = f"the rule {rule.name!r} stands in {names[rule.name]} too"
                faults.append(RuleFileError(str(path), 1, 1, problem, "rename one"))
            names[rule.name] = str(path)
        rules.extend(found.rules)
    if faults:
        raise RuleFilesError(faults[:MAX_FAULTS])
    return tuple(rules)


class Rulebook:
    """Keeps the rules that answer, and puts them in force.

    Rules that were added go after those of the files; among rules of equal priority the earlier one answers.

    Args:
        shared: where they answer.
        files: the rule files.
    """

    def __init__(self, shared: Shared, files: Sequence[Path] = ()) -> None:
        self._shared = shared
        self.files = tuple(files)
        self.faults: tuple[RuleFileError, ...] = ()
        """What is wrong in the files as they are now; the rules in force are older then."""
        self._read: tuple[Rule, ...] = ()  # as the files had them when they were last in order
        self._from_files: tuple[Rule, ...] = ()  # those of them that are in force
        self._added: tuple[Rule, ...] = shared.rules.rules
        self._stamps: list[_Stamp | None] = []
        self._serial = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force, in order of writing."""
        return (*self._from_files, *self._added)

    @property
    def file_names(self) -> frozenset[str]:
        """The names of the rules that come from files."""
        return frozenset(rule.name for rule in self._from_files)

    def load(self) -> None:
        """Read the files.

        Raises:
            RuleFilesError: something in them is wrong; the rules in force stay.
        """
        self._stamps = [_stamp(path) for path in self.files]
        self.take(self.read())

    def changed(self) -> bool:
        """Whether a file has changed since it was last looked at."""
        stamps = [_stamp(path) for path in self.files]
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        return True

    def read(self) -> tuple[Rule, ...]:
        """Read the files and change nothing; this may run in a thread.

        Raises:
            RuleFilesError: something in them is wrong.
        """
        return read_rule_files(self.files)

    def take(self, rules: tuple[Rule, ...]) -> None:
        """Put the files' rules in force.

        Raises:
            RuleFilesError: a rule that was added has one of their names, or there are too many.
        """
        try:
            self._put(rules, self._added)
        except RuleError as error:
            raise RuleFilesError([RuleFileError(str(self.files[0]), 1, 1, str(error))]) from None
        self._read = rules
        self.faults = ()

    def reject(self, faults: tuple[RuleFileError, ...]) -> None:
        """Keep the rules in force, and remember what is wrong in the files."""
        self.faults = faults

    def add(self, rules: Iterable[Rule], *, first: bool = False) -> tuple[Rule, ...]:
        """Add rules.

        Args:
            rules: with or without names.
            first: whether they go before those that were added earlier.

        Returns:
            The same with their names.

        Raises:
            RuleError: a name is taken, or there are too many rules.
        """
        named = tuple(self._named(rule) for rule in rules)
        self._put(self._from_files, (*named, *self._added) if first else (*self._added, *named))
        return named

    def replace_all(self, rules: Iterable[Rule]) -> tuple[Rule, ...]:
        """Let these rules alone answer, until a file changes or all is reset.

        Raises:
            RuleError: two have one name, or there are too many.
        """
        named = tuple(self._named(rule) for rule in rules)
        self._put((), named)
        return named

    def replace_one(self, name: str, rule: Rule) -> Rule | None:
        """Put a rule in another's place; None where there is none of that name.

        Raises:
            RuleError: its own name is another's.
        """
        rule = rule if rule.name else replace(rule, name=name)
        if name not in {each.name for each in self.rules}:
            return None
        self._put(
            tuple(rule if each.name == name else each for each in self._from_files),
            tuple(rule if each.name == name else each for each in self._added),
        )
        return rule

    def remove(self, names: Iterable[str]) -> int:
        """Take rules out of force, those of files until a file changes; how many there were."""
        gone = frozenset(names)
        before = len(self.rules)
        self._put(
            tuple(rule for rule in self._from_files if rule.name not in gone),
            tuple(rule for rule in self._added if rule.name not in gone),
        )
        return before - len(self.rules)

    def reset(self) -> None:
        """Forget what was added, and put all rules of the files in force again; changed files are read."""
        self._put(self._read, ())
        if self.changed():
            try:
                self.take(self.read())
            except RuleFilesError as error:
                self.reject(error.faults)

    @property
    def unsaved(self) -> bool:
        """Whether the rules in force are others than those of the files."""
        return bool(self._added) or self._from_files != self._read

    def save(self) -> Path:
        """Write the rules in force to the one rule file, whole or not at all.

        Rules that were only added are put at its end, so that what a person wrote stays as it is, comments too. Where
        others were changed or taken out, the file is written anew, and what it held before stands beside it under the
        same name with a tilde.

        Returns:
            The file.

        Raises:
            RuleError: there is not exactly one file, it has changed or is faulty, or it would become too large.
            OSError: it cannot be written.
        """
        if len(self.files) != 1:
            raise RuleError("the rules are saved where there is one rule file: take them as a file of their own")
        path = self.files[0].resolve()
        if [_stamp(path)] != self._stamps or self.faults:
            raise RuleError("the file has changed, or is faulty: let it be read first")
        former = path.read_bytes()
        longer = former.rstrip() + b"\n\n" + write_rules(self._added).encode()
        kept = self._from_files == self._read and _says(longer, self.files[0], self.rules)
        content = longer if kept else write_rules(self.rules).encode()
        if len(content) > MAX_RULE_FILE_OCTETS:
            raise RuleError(f"the file would be larger than max_rule_file_octets, which is {MAX_RULE_FILE_OCTETS}")
        if not kept:
            _write(path.with_name(f"{path.name}~"), former, path)
        _write(path, content, path)
        self._stamps = [_stamp(path)]
        self._put(self.rules, ())
        self._read = self._from_files
        return path

    def _named(self, rule: Rule) -> Rule:
        if rule.name:
            return rule
        taken = {each.name for each in self.rules}
        while True:
            self._serial += 1
            name = f"api#{self._serial}"
            if name not in taken:
                return replace(rule, name=name)

    def _put(self, from_files: tuple[Rule, ...], added: tuple[Rule, ...]) -> None:
        seen: set[str] = set()
        for rule in (*from_files, *added):
            if rule.name in seen:
                raise RuleError(f"two rules have the name {rule.name!r}: rename one")
            seen.add(rule.name)
        index = RuleIndex((*from_files, *added))
        self._from_files, self._added = from_files, added
        self._shared.replace_rules(index)


def _says(content: bytes, path: Path, rules: Sequence[Rule]) -> bool:
    """Whether a file that holds this has just these rules."""
    found = read_rules(content, str(path), path.stem)
    return not found.faults and list(map(write_rule, found.rules)) == list(map(write_rule, rules))


def _write(path: Path, content: bytes, like: Path) -> None:
    """Put a file in place at once, with the rights of another."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(like, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def _stamp(path: Path) -> _Stamp | None:
    """What tells that a file has changed; None where it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
