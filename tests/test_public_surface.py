"""What ``import statuary`` offers: few names, each documented and typed, and nothing by accident."""

from __future__ import annotations

import importlib
import importlib.resources
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

import statuary
from statuary.catalog.store import open_catalogue
from statuary.errors import CodeNotFound, SeveralOwners, StatuaryError
from statuary.explain.compare import Comparison

MAX_NAMES = 20

EXECUTED = ("__main__",)
"""Modules that run when they are imported."""


def modules() -> Iterator[str]:
    """Every module of the package."""
    yield "statuary"
    for module in pkgutil.walk_packages(statuary.__path__, "statuary."):
        if not module.name.endswith(EXECUTED):
            yield module.name


def defined_in(module: ModuleType) -> set[str]:
    """Functions and classes that a module defines without a leading underscore."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }


def test_names_are_few() -> None:
    """At most twenty, in order, each there."""
    assert len(statuary.__all__) <= MAX_NAMES
    assert sorted(statuary.__all__) == sorted(set(statuary.__all__))
    assert all(hasattr(statuary, name) for name in statuary.__all__)
    assert {"lookup", "find", "search", "compare", "Code", "StatuaryError"} <= set(statuary.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        statuary.nothing  # noqa: B018


@pytest.mark.parametrize("name", [name for name in statuary.__all__ if name != "__version__"])
def test_names_are_documented_and_typed(name: str) -> None:
    """A sentence each; arguments and errors of functions are named."""
    value = getattr(statuary, name)
    text = inspect.getdoc(value)
    assert text
    assert text.split("\n\n")[0].rstrip(":").endswith(".")
    if inspect.isfunction(value):
        signature = inspect.signature(value)
        assert signature.return_annotation is not inspect.Signature.empty
        for parameter in signature.parameters.values():
            assert f"{parameter.name}:" in text
            assert parameter.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize("name", list(modules()))
def test_all_says_what_a_module_offers(name: str) -> None:
    """``__all__`` names things that exist; a module with names of its own has one, and its names are documented."""
    module = importlib.import_module(name)
    offered = getattr(module, "__all__", None)
    if offered is None:
        assert not defined_in(module), f"{name} has no __all__"
        return
    assert len(offered) == len(set(offered))
    for each in offered:
        assert hasattr(module, each), f"{name}.__all__ names {each}, which is not there"
        if each in defined_in(module):
            assert inspect.getdoc(getattr(module, each)), f"{name}.{each} has no docstring"


@pytest.mark.parametrize("name", list(modules()))
def test_modules_are_documented(name: str) -> None:
    """Each module with code says in a sentence what it is for."""
    module = importlib.import_module(name)
    if defined_in(module):
        assert module.__doc__


def test_lookup() -> None:
    """Identity, number, name; an error that helps otherwise."""
    assert statuary.lookup("smtp/452").title == "Insufficient Storage"
    assert statuary.lookup("4.2.2", "ja").prose.language == "ja"
    with pytest.raises(CodeNotFound) as none:
        statuary.lookup("4522")
    assert "smtp/452" in none.value.suggestions
    with pytest.raises(SeveralOwners) as several:
        statuary.lookup("http/499")
    assert several.value.identities == ("http/499-esri", "http/499-nginx")
    assert isinstance(several.value, StatuaryError)


def test_find_and_search() -> None:
    """All that a query names; all that it may mean."""
    assert [code.id for code in statuary.find("452")] == ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]
    assert statuary.find("nothing of the kind") == []
    assert [code.id for code in statuary.search("insufficient storage", limit=2)] == ["http/507", "smtp/452"]


def test_compare() -> None:
    """Two codes by whatever names them."""
    comparison = statuary.compare("smtp/214", "smtp 452", "fr")
    assert isinstance(comparison, Comparison)
    assert comparison.unrelated
    assert statuary.Comparison is Comparison
    with pytest.raises(CodeNotFound):
        statuary.compare("smtp/452", "4522")


def test_looking_up_imports_no_server() -> None:
    """A look-up at the command line stays cheap: no server, no templates, no gettext tools."""
    open_catalogue().close()  # so that nothing is left to compile
    heavy = ("asyncio", "babel", "jinja2", "starlette", "uvicorn", "pygments", "difflib", "dataclasses", "tomllib")
    program = f"import sys, statuary; statuary.lookup('smtp/452'); print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_package_is_typed() -> None:
    """Type checkers read our annotations (PEP 561)."""
    assert next(iter(statuary.__path__))
    assert importlib.resources.files("statuary").joinpath("py.typed").is_file()
