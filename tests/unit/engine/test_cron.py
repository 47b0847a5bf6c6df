"""Schedules: what is taken, what is said of what is not, and when they come, also where clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.domain.cron import Schedule, parse_schedule
from services.engine.domain.cron_faults import CronFault

WHOLE_HOUR_ZONES = ("UTC", "Europe/Rome", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
ZONES = (*WHOLE_HOUR_ZONES, "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca")


def walls(schedule: Schedule, after: str, count: int) -> list[str]:
    """Return the next instants as the clock on the wall shows them, with its offset."""
    zone = ZoneInfo(schedule.timezone)
    start = datetime.fromisoformat(after)
    start = start if start.tzinfo else start.replace(tzinfo=zone)
    found = schedule.upcoming(start, count)
    return [instant.astimezone(zone).strftime("%d %H:%M %z") for instant in found]


# -- clocks that are changed -------------------------------------------------------------------------------------------


def test_a_time_that_is_left_out_comes_when_the_clock_has_been_put_forward() -> None:
    half_past_two = parse_schedule("30 2 * * *", "Europe/Rome")

    assert walls(half_past_two, "2026-03-28T00:00", 3) == [
        "28 02:30 +0100",
        "29 03:00 +0200",
        "30 02:30 +0200",
    ]


def test_a_time_that_comes_twice_is_taken_the_first_time() -> None:
    half_past_two = parse_schedule("30 2 * * *", "Europe/Rome")

    assert walls(half_past_two, "2026-10-24T12:00", 2) == ["25 02:30 +0200", "26 02:30 +0100"]


def test_it_is_not_taken_again_in_the_hour_that_comes_twice() -> None:
    half_past_two = parse_schedule("30 2 * * *", "Europe/Rome")

    assert walls(half_past_two, "2026-10-25T02:10+01:00", 1) == ["26 02:30 +0100"]


def test_an_hourly_schedule_follows_the_real_clock() -> None:
    hourly = parse_schedule("0 * * * *", "America/New_York")

    assert walls(hourly, "2026-03-08T00:30", 3) == [
        "08 01:00 -0500",
        "08 03:00 -0400",
        "08 04:00 -0400",
    ]
    assert walls(hourly, "2026-11-01T00:30", 4) == [
        "01 01:00 -0400",
        "01 01:00 -0500",
        "01 02:00 -0500",
        "01 03:00 -0500",
    ]


def test_quarters_of_an_hour_come_in_order_in_the_hour_that_comes_twice() -> None:
    quarters = parse_schedule("*/15 * * * *", "Europe/Rome")

    found = quarters.upcoming(datetime(2026, 10, 24, 23, 50, tzinfo=UTC), 12)

    assert found == [
        datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(12)
    ]


def test_in_an_hour_that_comes_twice_its_first_pass_comes_before_its_second() -> None:
    quarters = parse_schedule("*/15 * * * *", "Europe/Rome")

    assert walls(quarters, "2026-10-25T02:10+02:00", 5) == [
        "25 02:15 +0200",
        "25 02:30 +0200",
        "25 02:45 +0200",
        "25 02:00 +0100",
        "25 02:15 +0100",
    ]


def test_half_an_hour_of_summer_time_is_taken_as_such() -> None:
    two = parse_schedule("0 2 * * *", "Australia/Lord_Howe")
    even_hours = parse_schedule("0 */2 * * *", "Australia/Lord_Howe")
    quarter_to_two = parse_schedule("45 1 * * *", "Australia/Lord_Howe")

    assert walls(two, "2026-10-03T12:00", 2) == ["04 02:30 +1100", "05 02:00 +1100"]
    assert walls(even_hours, "2026-10-04T00:30", 2) == ["04 04:00 +1100", "04 06:00 +1100"]
    # At 02:00 the clock goes back to 01:30.
    assert walls(even_hours, "2026-04-05T01:45+10:30", 2) == ["05 02:00 +1030", "05 04:00 +1030"]
    assert walls(quarter_to_two, "2026-04-04T12:00", 2) == ["05 01:45 +1100", "06 01:45 +1030"]


def test_summer_time_that_begins_at_midnight_moves_midnight() -> None:
    midnight = parse_schedule("0 0 * * *", "America/Sao_Paulo")

    assert walls(midnight, "2018-11-03T12:00", 2) == ["04 01:00 -0200", "05 00:00 -0200"]


def test_a_day_that_a_country_left_out_has_no_runs() -> None:
    nine = parse_schedule("0 9 * * *", "Pacific/Apia")
    hourly = parse_schedule("0 * * * *", "Pacific/Apia")

    assert walls(nine, "2011-12-29T12:00", 2) == ["31 09:00 +1400", "01 09:00 +1400"]
    assert walls(hourly, "2011-12-29T22:30", 2) == ["29 23:00 -1000", "31 00:00 +1400"]


def test_the_offset_of_an_old_local_time_keeps_its_seconds() -> None:
    noon = parse_schedule("0 12 * * *", "Europe/Amsterdam")

    (instant,) = noon.upcoming(datetime(1900, 1, 1, tzinfo=UTC), 1)

    assert instant.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%H:%M:%S") == "12:00:00"


# -- properties --------------------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)).map(  # noqa: DTZ001 - UTC is added
    lambda moment: moment.replace(tzinfo=UTC)
)
CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ]
)
NEAR_CHANGES = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    CHANGES,
    st.integers(-200, 200),
)


def fields(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    ordered = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        st.integers(1, highest).map(lambda step: f"*/{step}"),
        number.map(str),
        ordered.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.lists(number, min_size=2, max_size=3, unique=True).map(
            lambda ns: ",".join(map(str, ns))
        ),
    )


CRONS = st.builds(
    " ".join,
    st.tuples(fields(0, 59), fields(0, 23), fields(1, 28), st.just("*"), fields(0, 7)),
)


@given(CRONS, st.sampled_from(ZONES), MOMENTS | NEAR_CHANGES)
@settings(max_examples=150, deadline=None)
def test_instants_strictly_increase_and_show_a_time_of_the_schedule(
    cron: str, zone: str, after: datetime
) -> None:
    schedule = parse_schedule(cron, zone)

    found = schedule.upcoming(after, 8)

    assert len(found) == 8
    assert all(earlier < later for earlier, later in zip([after, *found], found, strict=False))
    for instant in found:
        assert shows(schedule, instant) or comes_after_a_gap(schedule, instant)


def shows(schedule: Schedule, instant: datetime) -> bool:
    wall = instant.astimezone(ZoneInfo(schedule.timezone)).replace(tzinfo=None, fold=0)
    return next(CronSim(schedule.cron, wall - timedelta(seconds=1))) == wall


def comes_after_a_gap(schedule: Schedule, instant: datetime) -> bool:
    zone = ZoneInfo(schedule.timezone)
    before = (instant - timedelta(seconds=1)).astimezone(zone).utcoffset()
    after = instant.astimezone(zone).utcoffset()
    assert before is not None
    assert after is not None
    return before < after and not schedule.follows_the_clock


@given(CRONS, st.sampled_from(WHOLE_HOUR_ZONES), MOMENTS | NEAR_CHANGES)
@settings(max_examples=150, deadline=None)
def test_instants_are_those_of_cronsim(cron: str, zone: str, after: datetime) -> None:
    schedule = parse_schedule(cron, zone)
    theirs = (each.astimezone(UTC) for each in CronSim(cron, after.astimezone(ZoneInfo(zone))))

    # Begun inside the hour that comes twice, it may give a time that has passed.
    expected = next(each for each in theirs if each > after)

    assert schedule.next_after(after) == expected


@given(CRONS, st.sampled_from(ZONES), MOMENTS | NEAR_CHANGES, st.integers(1, 20_000))
@settings(max_examples=100, deadline=None)
def test_the_latest_instant_is_the_one_that_no_other_follows(
    cron: str, zone: str, after: datetime, minutes: int
) -> None:
    schedule = parse_schedule(cron, zone)
    until = after + timedelta(minutes=minutes)

    latest = schedule.latest(after, until)

    first = schedule.next_after(after)
    assert first is not None
    assert (latest is None) == (first > until)
    if latest is not None:
        following = schedule.next_after(latest)
        assert after < latest <= until
        assert following is None or following > until


def test_the_latest_of_years_of_minutes_is_found_at_once() -> None:
    every_minute = parse_schedule("* * * * *", "Europe/Rome")
    now = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)

    assert every_minute.latest(datetime(1990, 1, 1, tzinfo=UTC), now) == now.replace(second=0)


# -- what is taken -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "words", "first"),
    [
        ("0 9 * * mon-fri", "At 09:00, Monday through Friday", "2026-11-25T09:00"),
        ("*/15 * * * *", "Every 15 minutes", "2026-11-24T12:15"),
        ("30 2 * * *", "At 02:30, every day", "2026-11-25T02:30"),
        ("0 0 1 JAN *", "At 00:00, on day 1 of the month, only in January", "2027-01-01T00:00"),
        ("0 8 L * *", "At 08:00, on the last day of the month", "2026-11-30T08:00"),
        ("0 8 LW * *", "At 08:00, on the last weekday of the month", "2026-11-30T08:00"),
        ("0 8 * * MON#2", "At 08:00, on the second Monday of the month", "2026-12-14T08:00"),
        ("0 8 * * 5L", "At 08:00, on the last Friday of the month", "2026-11-27T08:00"),
        ("0 8 * * 7", "At 08:00, only on Sunday", "2026-11-29T08:00"),
        ("0 8 1 * 1", "At 08:00, on day 1 of the month, or on Monday", "2026-11-30T08:00"),
        ("0 8 */2 * 1", "At 08:00, every 2 days, if it is Monday", "2026-12-07T08:00"),
        ("  0   8  * * 2 ", "At 08:00, only on Tuesday", "2026-12-01T08:00"),
    ],
)
def test_a_schedule_is_said_in_words_and_means_what_they_say(
    cron: str, words: str, first: str
) -> None:
    schedule = parse_schedule(cron, "UTC")

    assert schedule.words() == words
    assert schedule.next_after(datetime(2026, 11, 24, 12, tzinfo=UTC)) == datetime.fromisoformat(
        first
    ).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "said", "suggestion"),
    [
        ("0 0 9 * * ?", "no seconds", "0 9 * * *"),
        ("0 0 9 * * MON 2027", "no seconds or years", "0 9 * * MON"),
        ("0 9", "2 fields", None),
        ("", "0 fields", None),
        ("@daily", "Nicknames", "0 0 * * *"),
        ("@reboot", "Nicknames", None),
        ("0 24 * * *", "`24` does not fit as the hour", "0 0 * * *"),
        ("60 9 * * *", "`60` does not fit as the minute", "0 9 * * *"),
        ("0 22-2 * * *", "`22-2` does not fit as the hour", "0 22-23,0-2 * * *"),
        ("0 9 * * FRI-MON", "day of the week", "0 9 * * 5-6,0-1"),
        ("0 9 * * monday", "day of the week", "0 9 * * MON"),
        ("0 9 ? * 1", "day of the month", "0 9 * * 1"),
        ("0 9 * 13 *", "month", None),
        ("é 9 * * *", "minute", None),
        ("0 9 31 2 *", "never comes", None),
        ("0 9 31 4,6,9,11 *", "never comes", None),
        ("1" * 201, "200 characters", None),
    ],
)
def test_what_is_not_taken_is_explained(cron: str, said: str, suggestion: str | None) -> None:
    with pytest.raises(CronFault, match=said) as raised:
        parse_schedule(cron, "UTC")

    assert raised.value.key == "cron"
    assert raised.value.suggestion == suggestion


@pytest.mark.parametrize(
    ("zone", "suggestion"),
    [
        ("europe/rome", "Europe/Rome"),
        ("Rome", "Europe/Rome"),
        ("Europe/Roma", "Europe/Rome"),
        ("America/New York", "America/New_York"),
        ("Amerika/New_York", "America/New_York"),
        ("../../etc/passwd", None),
        ("", None),
    ],
)
def test_the_nearest_time_zone_is_suggested(zone: str, suggestion: str | None) -> None:
    with pytest.raises(CronFault, match="IANA") as raised:
        parse_schedule("0 9 * * *", zone)

    assert (raised.value.key, raised.value.suggestion) == ("timezone", suggestion)


@given(st.text(max_size=30) | st.text("0123456789*/-,#LW MON?", max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_schedule_or_a_fault(text: str) -> None:
    try:
        schedule = parse_schedule(text, "UTC")
    except CronFault:
        return
    assert schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC)) is not None
    assert schedule.words()
