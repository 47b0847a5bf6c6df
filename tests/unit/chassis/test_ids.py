"""Ids that derive from others stand beside them; those of the driver are the same."""

from uuid import UUID

import pytest

from contracts.task import TaskClosed
from services.chassis.driver_ids import driver_id
from services.chassis.ids import derived_beside, new_id


def test_a_derived_id_stands_beside_the_one_that_it_derives_from() -> None:
    near, later = new_id(), new_id()
    derived = derived_beside(near, "task", "ask", "1")
    assert derived.int >> 80 == near.int >> 80
    assert (derived.version, derived.variant) == (8, "specified in RFC 4122")
    assert derived == derived_beside(near, "task", "ask", "1")
    others = {derived_beside(near, "task", "ask", "2"), derived_beside(later, "task", "ask", "1")}
    assert len({derived, *others}) == 3


def test_ids_beside_others_are_what_they_have_always_been() -> None:
    near = UUID("0193a3c5-7b1e-7c3d-9a10-5f2b8c4d6e7f")
    assert derived_beside(near, "manager_ok", "1") == UUID("0193a3c5-7b1e-8663-ae31-e5933c32281c")
    assert derived_beside(near, "", "\x1f") == UUID("0193a3c5-7b1e-88e4-8acc-703a5cdc43e7")
    assert derived_beside(UUID(int=2**128 - 1), "x") == UUID("ffffffff-ffff-89b5-96cd-04c689d0182f")


def test_an_id_of_the_driver_is_the_same_id() -> None:
    given = new_id()
    for found in (driver_id(given), driver_id(str(given)), driver_id(driver_id(given))):
        assert (found, hash(found), str(found)) == (given, hash(given), str(given))
        assert TaskClosed(run_id=found, run_status="Failed").model_dump_json() == (
            TaskClosed(run_id=given, run_status="Failed").model_dump_json()
        )
    with pytest.raises(ValueError, match="UUID"):
        driver_id("no id")
