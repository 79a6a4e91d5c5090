"""The tools by themselves: what they give, their limits, and errors that name the place and the mend."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from statuary.catalog.store import open_catalogue
from statuary.explain.reference import Reference
from statuary.mcp.tools import TOOLS, Outcome, call, schema_of
from statuary.serve.perform import MAX_CONNECTIONS

REFERENCE = Reference(open_catalogue())
BY_NAME = {tool.name: tool for tool in TOOLS}


def use(name: str, **arguments: object) -> Outcome:
    """Call a tool."""
    return call(REFERENCE, BY_NAME[name], arguments)


def lines(outcome: Outcome, connection: int = 0, by: str = "server") -> list[str]:
    """What one side said on a connection."""
    assert not outcome.failed, outcome.data
    spoken: list[dict[str, str]] = outcome.data["connections"][connection]["lines"]
    return [line["text"] for line in spoken if line["by"] == by]


def test_names_and_schemas() -> None:
    """Seven tools; each argument has a description, each schema holds, and nothing more is taken."""
    assert list(BY_NAME) == ["look_up", "search", "explain", "compare", "map", "decide", "run_dialogue"]
    for tool in TOOLS:
        schema = schema_of(tool, REFERENCE)
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
        assert all(each["description"] for each in schema["properties"].values())
        assert len(tool.description) > 60


def test_the_catalogue_answers() -> None:
    """One shape with the API and the command line."""
    assert [code["id"] for code in use("look_up", query="452").data["codes"]][:2] == ["smtp/452", "ftp/452"]
    assert use("look_up", query="smtp/452", lang="fr").data["codes"][0]["language"] == "fr"
    assert len(use("search", query="quota", limit=2).data["codes"]) == 2
    assert [each["code"] for each in use("explain", line="said: 452 4.2.2 full").data["found"]] == [
        "smtp/452",
        "smtp/4.2.2",
    ]
    assert use("compare", left="smtp/452", right="http/507").data["unrelated"] is False
    assert use("map", code="smtp/452", protocol="http").data["answers"][0]["code"] == "http/507"


def test_questions_lead_to_a_code() -> None:
    """The list, a question, and an end that the first answers lead to."""
    trees = use("decide").data["trees"]
    assert {each["tree"] for each in trees} == {"http-api", "smtp-server", "sender"}
    answers: list[str] = []
    while (state := use("decide", tree="http-api", answers=answers).data)["question"] is not None:
        answers.append(state["question"]["choices"][0]["id"])
    assert state["result"]["codes"]
    assert len(state["steps"]) == len(answers)


def test_smtp_dialogue_goes_through_the_script() -> None:
    """RFC 5321 §4.3.1: a client that is refused says QUIT; the third connection meets the third step."""
    done = use("run_dialogue", protocol="smtp", script="452 4.2.2 x2 ~ 250", connections=3)
    assert done.data["script"] == "452_4.2.2x2~250"
    assert [any(text.startswith("452 4.2.2 ") for text in lines(done, connection)) for connection in range(3)] == [
        True,
        True,
        False,
    ]
    assert lines(done, 0, "client")[-1] == "QUIT"
    assert "DATA" in lines(done, 2, "client")


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "data", "message", "bdat", "vrfy", "auth", "etrn"])
def test_smtp_stages(stage: str) -> None:
    """The mock refuses where it was told to, and nowhere before."""
    said = lines(use("run_dialogue", protocol="smtp", script="554", stage=stage))
    refusals = [text for text in said if text.startswith("554")]
    assert len(refusals) == 1
    assert said.index(refusals[0]) == 0 if stage == "connect" else said[0].startswith("220 ")


def test_http_dialogue_goes_through_the_script() -> None:
    """One request a connection; what the effects do is told, and nobody waits for it."""
    done = use("run_dialogue", protocol="http", script="503x2~200", connections=3)
    firsts = [lines(done, connection)[0] for connection in range(3)]
    assert [first.split()[1] for first in firsts] == ["503", "503", "200"]
    slow = use("run_dialogue", protocol="http", script="200-delay=1h-reset").data["connections"][0]
    assert (slow["waited_seconds"], slow["ended"]) == (3600.0, "reset")
    assert use("run_dialogue", protocol="http", script="hang").data["connections"][0]["ended"] == "hang"


def test_weighted_choices_follow_the_seed() -> None:
    """The same seed replays the same sequence."""
    arguments: dict[str, Any] = {"protocol": "http", "script": "200,503", "connections": MAX_CONNECTIONS}
    once, again, other = (use("run_dialogue", **arguments, seed=seed) for seed in (1, 1, 2))
    statuses = [[lines(done, number)[0] for number in range(MAX_CONNECTIONS)] for done in (once, again, other)]
    assert statuses[0] == statuses[1] != statuses[2]


def test_what_the_server_sends_is_bounded() -> None:
    """A megabyte of garbage is cut, and the transcript says so."""
    (connection,) = use("run_dialogue", protocol="http", script="200-garbage=1m").data["connections"]
    assert connection["cut"]
    assert sum(len(line["text"]) for line in connection["lines"]) < 40_000


@pytest.mark.parametrize(
    ("name", "arguments", "slug", "place"),
    [
        ("look_up", {}, "bad_parameter", "query"),
        ("look_up", {"query": " "}, "bad_parameter", "query"),
        ("look_up", {"query": "x" * 201}, "bad_parameter", "query"),
        ("look_up", {"query": 452}, "bad_parameter", "query"),
        ("look_up", {"query": "452", "language": "fr"}, "bad_parameter", "language"),
        ("search", {"query": "a", "limit": 51}, "bad_parameter", "limit"),
        ("search", {"query": "a", "lang": "de"}, "bad_parameter", "lang"),
        ("decide", {"answers": ["1"]}, "bad_parameter", "tree"),
        ("decide", {"tree": "sender", "answers": ["1"] * 33}, "bad_parameter", "answers"),
        ("run_dialogue", {"protocol": "ftp", "script": "452"}, "bad_parameter", "protocol"),
        ("run_dialogue", {"protocol": "smtp", "script": "452", "stage": "retr"}, "bad_parameter", "stage"),
        ("run_dialogue", {"protocol": "http", "script": "503", "stage": "rcpt"}, "bad_parameter", "stage"),
        ("run_dialogue", {"protocol": "http", "script": "503", "connections": 21}, "bad_parameter", "connections"),
        ("run_dialogue", {"protocol": "http", "script": "503", "seed": -1}, "bad_parameter", "seed"),
    ],
)
def test_wrong_arguments_are_named(name: str, arguments: dict[str, Any], slug: str, place: str) -> None:
    outcome = use(name, **arguments)
    assert (outcome.failed, outcome.data["error"], outcome.data["detail"]["parameter"]) == (True, slug, place)
    assert outcome.data["message"] == f"{place}: expected {outcome.data['detail']['expected']}"
    assert "`" not in outcome.data["message"]
    assert not re.search(r"\b(?:int|str|array)\b", outcome.data["message"])


def test_what_is_not_there_says_what_is() -> None:
    """Suggestions, identities, answers, and the place in a script."""
    assert "smtp/452" in use("look_up", query="4522").data["detail"]["suggestions"]
    assert use("compare", left="http/499", right="http/500").data["detail"]["identities"][0] == "http/499-esri"
    assert use("decide", tree="none").data["error"] == "tree_not_found"
    assert use("decide", tree="sender", answers=["perhaps"]).data["error"] == "no_such_answer"
    wrong = use("run_dialogue", protocol="http", script="503x").data
    assert (wrong["error"], wrong["detail"]["position"]) == ("bad_script", 4)


@given(
    st.sampled_from(TOOLS),
    st.dictionaries(
        st.sampled_from(["query", "left", "right", "code", "protocol", "tree", "answers", "script", "limit", "x"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(st.text(max_size=5), max_size=3),
        max_size=5,
    ),
)
def test_any_arguments_give_a_result_or_an_error_of_the_one_shape(tool: Any, arguments: dict[str, Any]) -> None:
    """Nothing else is raised, and all of it is JSON."""
    outcome = call(REFERENCE, tool, arguments)
    assert json.dumps(outcome.data)
    if outcome.failed:
        assert set(outcome.data) == {"error", "message", "detail"}
