"""Ids that derive from others stand beside them."""

from services.chassis.ids import derived_beside, new_id


def test_a_derived_id_stands_beside_the_one_that_it_derives_from() -> None:
    near, later = new_id(), new_id()
    derived = derived_beside(near, "task", "ask", "1")
    assert derived.int >> 80 == near.int >> 80
    assert (derived.version, derived.variant) == (8, "specified in RFC 4122")
    assert derived == derived_beside(near, "task", "ask", "1")
    others = {derived_beside(near, "task", "ask", "2"), derived_beside(later, "task", "ask", "1")}
    assert len({derived, *others}) == 3
