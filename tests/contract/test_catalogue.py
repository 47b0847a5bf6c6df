"""What the catalogue says against what the contracts define."""

import importlib
import pkgutil
import re

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import contracts
from contracts import subjects
from contracts.base import Command, Fact
from contracts.catalogue import ANNOUNCEMENTS, FACTS, REQUESTS
from contracts.envelope import CloudEvent
from contracts.rpc import Reply

NOT_ASKED = {
    name for name in vars(subjects) if name in {"ENGINE", "TASKS"} or name.endswith("RELAY_WAKE")
}
"""Prefixes of the services' subjects, and the pings that wake relays: no message of ours in them."""


def models_of_contracts() -> set[type[BaseModel]]:
    modules = [
        importlib.import_module(f"contracts.{module.name}")
        for module in pkgutil.iter_modules(contracts.__path__)
    ]
    return {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, BaseModel)
        and thing.__module__.startswith("contracts.")
    } - {Fact, Command}


def reachable() -> set[str]:
    roots: list[type[BaseModel]] = [CloudEvent, Reply, *FACTS.values()]
    roots += [model for asked in REQUESTS for model in (asked.command, asked.answer)]
    _, written = models_json_schema([(model, "validation") for model in dict.fromkeys(roots)])
    return set(written["$defs"])


def test_every_model_is_a_message_or_a_part_of_one() -> None:
    assert {model.__name__ for model in models_of_contracts()} == reachable()


def test_no_two_models_share_a_name() -> None:
    names = [model.__name__ for model in models_of_contracts()]

    assert len(names) == len(set(names))


def test_every_command_has_one_subject_of_a_service_and_every_subject_one_command() -> None:
    commands = {model for model in models_of_contracts() if issubclass(model, Command)}

    assert {asked.command for asked in REQUESTS} == commands
    assert len({(asked.service, asked.command) for asked in REQUESTS}) == len(REQUESTS)
    assert len({asked.subject for asked in REQUESTS}) == len(REQUESTS)


def test_every_subject_that_is_asked_is_in_the_table() -> None:
    asked = {
        value
        for name, value in vars(subjects).items()
        if name.isupper()
        and name not in NOT_ASKED
        and str(value).startswith((subjects.ENGINE, subjects.TASKS))
    }

    assert asked == {request.subject for request in REQUESTS}


def test_a_request_goes_to_the_service_that_its_subject_names() -> None:
    assert all(asked.subject.startswith(f"flusso.{asked.service}.") for asked in REQUESTS)


def test_a_fact_is_named_by_its_noun_and_a_past_participle() -> None:
    for name, fact in FACTS.items():
        noun, _, happened = name.removeprefix("flusso.").partition(".")
        in_words = "_".join(word.lower() for word in re.findall("[A-Z][a-z]+", fact.__name__))
        assert noun in {"run", "task"}
        assert in_words in {happened, f"{noun}_{happened}"}


def test_a_fact_s_docstring_begins_with_its_type() -> None:
    assert all((fact.__doc__ or "").startswith(f"`{name}`") for name, fact in FACTS.items())


def test_every_fact_is_told_on_exactly_one_subject_of_its_stream() -> None:
    told = [name for announcement in ANNOUNCEMENTS for name in announcement.facts]

    assert sorted(told) == sorted(FACTS)
    for announcement in ANNOUNCEMENTS:
        noun = announcement.stream.removesuffix("_EVENTS").lower()
        assert announcement.subject.startswith(f"flusso.{noun}.")
        assert all(name.startswith(f"flusso.{noun}.") for name in announcement.facts)


def test_a_durable_consumer_says_who_does_what_when() -> None:
    durables = [value for name, value in vars(subjects).items() if "_ON_" in name]

    assert len(durables) == len(set(durables)) > 0
    assert all(re.fullmatch(r"(engine|tasks|worker)-[a-z-]+-on-[a-z-]+", each) for each in durables)
