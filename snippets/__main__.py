"""``python -m snippets run | setup | bundle | packages``: see docs/snippets.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import zipfile
from pathlib import Path

from snippets.app import NotRunnable, missing, warm_up
from snippets.client_command import chosen_clients, run_chosen_clients
from snippets.client_plan import ClientPlan, client_plan_of_checkout
from snippets.mail_command import chosen_servers, mail_packages, run_chosen_servers, set_up_servers
from snippets.mail_plan import MailPlan, load_mail_plan
from snippets.plan import App, Plan, load_plan, plan_of_checkout
from snippets.run import Outcome, run_apps

_HERE = Path(__file__).resolve().parent.parent
_IN_CHECKOUT = (_HERE / "content" / "snippets").is_dir()
_SHOWN_DEVIATIONS = 5


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code is 0 where all is as recorded, 1 where it is not, 2 where it was asked wrongly."""
    options = _parser().parse_args(arguments)
    if options.command == "bundle":
        return _bundle(options.file)
    plan = load_plan(options.plan)
    wants_clients = bool(options.client) or not (options.framework or options.server)
    # Clients meet the mock of this checkout, which a bundle does not have.
    with_mock = _IN_CHECKOUT and options.plan is None
    client_plan = client_plan_of_checkout() if wants_clients and with_mock else ClientPlan([], [], {})
    clients, no_clients = chosen_clients(client_plan, options.client)
    if no_clients:
        print(f"no client {', '.join(no_clients)}; there are {', '.join(item.id for item in client_plan.clients)}")
        return 2
    wants_servers = bool(options.server) or not (options.framework or options.client)
    mail_plan = load_mail_plan() if wants_servers and with_mock else MailPlan([], [], {})
    servers, no_servers = chosen_servers(mail_plan, options.server)
    if no_servers:
        print(f"no mail server {', '.join(no_servers)}; there are {', '.join(item.id for item in mail_plan.apps)}")
        return 2
    wants_apps = bool(options.framework) or not (options.client or options.server)
    apps = [app for app in plan.apps if wants_apps and (not options.framework or app.id in options.framework)]
    if unknown := set(options.framework or ()) - {app.id for app in apps}:
        print(f"no framework {', '.join(sorted(unknown))}; there are {', '.join(app.id for app in plan.apps)}")
        return 2
    if options.command == "packages":
        chains = [app.toolchain for app in (*apps, *(client.app for client in clients))]
        absent = {name for chain in chains for name in chain.debian if missing(chain)} | mail_packages(servers)
        print(" ".join(sorted(absent)))
        return 0
    if options.command == "setup":
        set_up_servers(servers, options.root)
        return _set_up([*apps, *(client.app for client in clients)], options.root)
    known = {code for app in plan.apps for code in app.snippets} | {code for item in clients for code in item.programs}
    known |= {case for server in servers for case in server.jobs}
    if unknown_codes := set(getattr(options, "code", ())) - known:
        print(f"no snippets for {', '.join(sorted(unknown_codes))}")
        return 2
    frameworks_went = _run(plan, apps, options) if apps else 0
    clients_went = run_chosen_clients(client_plan, clients, options) if clients else 0
    return max(frameworks_went, clients_went, run_chosen_servers(mail_plan, servers, options) if servers else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m snippets", description="Runs every snippet of every framework, client and mail server."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    root = (_HERE if _IN_CHECKOUT else Path.cwd()) / "build" / "snippets"
    goldens = _HERE / "content" / "snippets" if _IN_CHECKOUT else Path.cwd() / "goldens"
    helps = {
        "run": "run snippets and compare with what was recorded",
        "setup": "install what the frameworks need",
        "packages": "name the Debian packages that are missing",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--framework", action="append", metavar="F", help="only this one; may be repeated")
        command.add_argument("--client", action="append", metavar="C", help="only this client; may be repeated")
        command.add_argument("--server", action="append", metavar="S", help="only this mail server; may be repeated")
        command.add_argument("--plan", type=Path, help="a plan instead of this checkout's or bundle's")
        command.add_argument("--root", type=Path, default=root, help="where to install and place (%(default)s)")
        if name == "run":
            command.add_argument(
                "--code", action="append", metavar="C", default=[], help="only this: http/507, rcpt452_4.2.2"
            )
            command.add_argument("--sample", action="store_true", help="only the codes that every test run tries")
            command.add_argument("--record", action="store_true", help="write what came as the new golden")
            command.add_argument("--goldens", type=Path, default=goldens, help="where goldens are (%(default)s)")
    bundle = commands.add_parser("bundle", help="pack harness and plan into one file for another machine")
    bundle.add_argument("file", type=Path, nargs="?", default=root / "snippets.pyz")
    return parser


def _run(plan: Plan, apps: list[App], options: argparse.Namespace) -> int:
    codes = [*options.code, *(plan.sample if options.sample else ())]
    apps = [app for app in apps if not codes or any(code in app.snippets for code in codes)]
    began = time.monotonic()
    outcomes = run_apps(
        apps, codes, root=options.root, goldens=options.goldens, record=options.record, report=_print_outcome
    )
    ran = [outcome for outcome in outcomes if not outcome.not_runnable]
    left = [outcome for outcome in outcomes if outcome.not_runnable]
    deviating = sum(len(outcome.deviating) for outcome in ran)
    print(
        f"{sum(len(item.codes) for item in ran)} pairs run in {len(ran)} frameworks: "
        f"{sum(item.passed for item in ran)} passed, {deviating} {'recorded anew' if options.record else 'deviating'}; "
        f"{sum(len(item.codes) for item in left)} not runnable"
        f"{' (' + ', '.join(item.app.id for item in left) + ')' if left else ''}; {time.monotonic() - began:.1f} s"
    )
    in_ci = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    undeclared = [item.app.id for item in left if item.app.id not in plan.absent_in_ci]
    if in_ci and undeclared:
        print(f"CI must have what these need: {', '.join(undeclared)}")
    return 1 if (deviating and not options.record) or (in_ci and undeclared) else 0


def _print_outcome(outcome: Outcome) -> None:
    app = outcome.app
    if outcome.not_runnable:
        print(f"{app.id:12} not runnable: {outcome.not_runnable}", flush=True)
        return
    made_of = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    word = "new" if outcome.recorded else "deviating"
    print(
        f"{app.id:12} {len(outcome.codes):3} run {outcome.passed:3} passed {len(outcome.deviating):3} {word} "
        f"{outcome.seconds:5.1f} s  {made_of}",
        flush=True,
    )
    if outcome.moved and not outcome.recorded:
        print(f"    recorded under {', '.join(outcome.moved)}")
    if not outcome.recorded:
        for code, differences in list(outcome.deviating.items())[:_SHOWN_DEVIATIONS]:
            print(f"    {code}: {'; '.join(differences)}")
        if len(outcome.deviating) > _SHOWN_DEVIATIONS:
            print(f"    and {len(outcome.deviating) - _SHOWN_DEVIATIONS} more")


def _set_up(apps: list[App], root: Path) -> int:
    for app in apps:
        began = time.monotonic()
        try:
            warm_up(app, root)
            print(f"{app.id:12} ready  {time.monotonic() - began:.1f} s", flush=True)
        except NotRunnable as error:
            print(f"{app.id:12} not set up: {error}", flush=True)
    return 0


def _bundle(path: Path) -> int:
    """Everything that another machine needs beside Python and the toolchain, as one file that Python runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file in sorted(Path(__file__).parent.glob("*.py")):
            bundle.write(file, f"snippets/{file.name}")
        bundle.writestr("snippets/plan.json", json.dumps(plan_of_checkout()))
        bundle.writestr("__main__.py", "import sys\nfrom snippets.__main__ import main\nsys.exit(main())\n")
    print(f"{path}: carry it to the machine, and there: python3 {path.name} run --framework F --record")
    return 0


if __name__ == "__main__":
    sys.exit(main())
