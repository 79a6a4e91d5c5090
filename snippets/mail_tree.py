"""Unpacks Debian packages into a tree of their own, so that mail servers which replace each other can run side by side.

Nothing is installed: no script of a package runs, no account is made, no service started. A server is run with the
tree as its root folder, which needs the rights of root.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from snippets.app import NotRunnable
from snippets.mail_plan import Tree

__all__ = ["copy_tree", "set_up_tree", "why_no_tree"]

COMMAND_SECONDS = 600.0
"""How long a download may take, in seconds."""
DOWNLOAD_TRIES = 3
"""How often a download is tried: mirrors fail for moments."""
_NEEDS = ("apt-get", "dpkg-deb", "tar", "chroot")
_LIBRARY = re.compile(r"lib(?!pam-|perl|semanage|audit-common|.*-perl)|netbase|zlib1g|lsb-base")
_LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian")
_LINKS = ("bin", "sbin", "lib", "lib64")
_DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}
_FIRST_ACCOUNT = 201
_BASE_ACCOUNTS = {"root": 0, "daemon": 1, "mail": 8, "nobody": 65534, "nogroup": 65534}
_NSS = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"
_HOSTS = "127.0.0.1 localhost\n"


def why_no_tree() -> str:
    """What stands against running servers in trees; empty where nothing does."""
    if absent := [name for name in _NEEDS if shutil.which(name, path=_path()) is None]:
        return f"{', '.join(absent)} missing"
    return "" if os.geteuid() == 0 else "it needs the rights of root"


def set_up_tree(tree: Tree, root: Path, *, install: bool = True) -> Path:
    """Unpack a tree below ``root``, unless that is done; give its folder.

    Args:
        tree: what to unpack.
        root: where.
        install: whether to do it where it is not done.

    Raises:
        NotRunnable: a command is missing or fails, or it is not done and may not be.
    """
    if reason := why_no_tree():
        raise NotRunnable(reason)
    home = root / f"tree-{tree.name}"
    stamp, now = home / ".unpacked", hashlib.sha256(repr((tree, _LIBRARY.pattern, _LEFT_OUT)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == now:
        return home
    if not install:
        raise NotRunnable("its packages are not unpacked")
    with _alone(root):
        if not (stamp.exists() and stamp.read_text() == now):
            _make(tree, root, home)
            stamp.write_text(now)
    return home


def _make(tree: Tree, root: Path, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    for name in _LINKS:
        (home / "usr" / name).mkdir(parents=True)
        (home / name).symlink_to(f"usr/{name}")
    for archive in _download(tree, root / "packages"):
        _unpack(archive, home)
    for name in _LEFT_OUT:
        shutil.rmtree(home / name, ignore_errors=True)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Whoever else wants to unpack waits: two servers can share a tree, and apt locks its archives."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "tree.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy_tree(tree: Tree, home: Path, folder: Path) -> None:
    """Make a tree to run in: files are linked, what is written while running is its own.

    Raises:
        NotRunnable: devices cannot be made here.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(home, folder, symlinks=True, copy_function=os.link)
    for name in ("dev", "etc", "run", "tmp", "var/log", "var/mail", "var/empty", "var/spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    if not (folder / "var/run").exists():
        (folder / "var/run").symlink_to("../run")
    try:
        for name, (major, minor) in _DEVICES.items():
            os.mknod(folder / "dev" / name, 0o20666, os.makedev(major, minor))
            (folder / "dev" / name).chmod(0o666)
    except OSError as error:
        raise NotRunnable(f"devices cannot be made: {error.strerror}") from error
    accounts = accounts_of(tree)
    users = [f"{name}:x:{number}:{number}::/var/empty:/usr/sbin/nologin" for name, number in accounts.items()]
    groups = [f"{name}:x:{number}:" for name, number in accounts.items()]
    for name, text in {
        "passwd": "\n".join(users) + "\n",
        "group": "\n".join(groups) + "\n",
        "nsswitch.conf": _NSS,
        "hosts": _HOSTS,
    }.items():
        path = folder / "etc" / name
        path.unlink(missing_ok=True)
        path.write_text(text)
    make_folders(folder, tree.folders, accounts)


def accounts_of(tree: Tree) -> dict[str, int]:
    """The accounts of a tree with their numbers, users and groups alike."""
    found = dict(_BASE_ACCOUNTS)
    for place, account in enumerate(tree.accounts):
        name, _, number = account.partition("=")
        found[name] = int(number) if number else _FIRST_ACCOUNT + place
    return found


def make_folders(folder: Path, wanted: list[str], accounts: dict[str, int]) -> None:
    """Make folders: path, owner, mode."""
    for line in wanted:
        name, owner, mode = line.split()
        path = folder / name
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, accounts[owner], accounts[owner])
        path.chmod(int(mode, 8))


def _download(tree: Tree, folder: Path) -> list[Path]:
    """The archives of the packages and of all libraries that they need, whatever is installed here."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-o", "Dir::State::status=/dev/null", "-o", "APT::Install-Recommends=0", "-o", "APT::Sandbox::User=root"]
    for turn in range(DOWNLOAD_TRIES):
        try:
            printed = _call(["apt-get", *options, "--print-uris", "-qq", "-y", "install", *tree.packages], folder)
            wanted = {}
            for line in printed.splitlines():
                parts = line.split(" ")
                name = parts[1].partition("_")[0] if len(parts) > 1 else ""
                if name in tree.packages or _LIBRARY.match(name):
                    wanted[name] = parts[1]
            absent = [name for name, file in wanted.items() if not (folder / file).exists()]
            if absent:
                _call(["apt-get", "-o", "APT::Sandbox::User=root", "-qq", "download", *absent], folder)
            return [folder / file for file in wanted.values()]
        except NotRunnable:
            if turn == DOWNLOAD_TRIES - 1:
                raise
            # The lists may be missing, or older than the mirror.
            time.sleep(turn)
            _call(["apt-get", "-qq", "update"], folder)
    raise NotRunnable("its packages cannot be downloaded")


def _unpack(archive: Path, home: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reading:
        done = subprocess.run(
            ["tar", "--keep-directory-symlink", "-C", home, "-xf", "-"],
            stdin=reading.stdout,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    if done.returncode or reading.returncode:
        raise NotRunnable(f"{archive.name} cannot be unpacked")


def _call(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PATH": _path(), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRunnable(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NotRunnable(f"{' '.join(command)[:120]} failed:\n{done.stderr[-1000:]}")
    return done.stdout


def _path() -> str:
    return os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
