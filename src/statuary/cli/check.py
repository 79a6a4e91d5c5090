"""``statuary check``: read rule files and say what is wrong in them, without serving."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from statuary.cli.parser import add_common
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the check."""
    parser.add_argument("files", nargs="+", metavar="RULES", help=N_("rule files"))
    add_common(parser, "json")


def run(arguments: argparse.Namespace) -> int:
    """Check the files as ``serve`` would read them; 0 where all are in order, 2 where not."""
    from statuary.scenario.ruletable import write_rule
    from statuary.serve.rulebook import RuleFilesError, read_rule_files

    try:
        rules = read_rule_files([Path(name) for name in arguments.files])
    except RuleFilesError as error:
        if arguments.json:
            for fault in error.faults:
                detail = {"path": fault.path, "line": fault.line, "column": fault.column, "mend": fault.mend}
                shaped = {"error": "bad_rules", "message": fault.problem, "detail": detail}
                sys.stderr.write(json.dumps(shaped, ensure_ascii=False) + "\n")
        else:
            sys.stderr.write("".join(f"statuary: {fault}\n" for fault in error.faults))
        return 2
    if arguments.json:
        sys.stdout.write("".join(json.dumps(write_rule(rule), ensure_ascii=False) + "\n" for rule in rules))
    else:
        sys.stdout.write(f"{len(rules)} {'rule' if len(rules) == 1 else 'rules'} in order\n")
    return 0
