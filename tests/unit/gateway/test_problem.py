import orjson
import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.chassis.errors import Broken, Refused, Transient
from services.gateway.domain.problem import Problem, encode_problem, status_of
from services.gateway.entry.problems import (
    Reasons,
    problem_of,
    problem_response,
    reason_pause_seconds,
)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("task-not-found", 404),
        ("workflow-not-found", 404),
        ("already-decided", 409),
        ("run-ended", 409),
        ("wrong-kind", 409),
        ("runs-live", 409),
        ("workflow-not-active", 409),
        ("digest-mismatch", 412),
        ("version-mismatch", 412),
        ("invalid-values", 422),
        ("invalid-definition", 422),
        ("idempotency-key-reused", 422),
        ("invalid-json", 400),
        ("forbidden", 403),
        ("invalid-signature", 401),
        ("a-code-of-tomorrow", 422),
    ],
)
def test_each_refusal_has_its_status(code: str, status: int) -> None:
    assert status_of(code) == status
    assert problem_of(Refused(code, "no")).status == status


def test_a_problem_has_the_members_of_the_standard_and_its_own() -> None:
    problem = Problem("already-decided", "Too late.", {"decided_by": "Dana", "outcome": "approved"})
    assert orjson.loads(encode_problem(problem)) == {
        "type": "/problems/already-decided",
        "title": "Already decided",
        "status": 409,
        "detail": "Too late.",
        "code": "already-decided",
        "decided_by": "Dana",
        "outcome": "approved",
    }


def test_details_cannot_pose_as_standard_members() -> None:
    problem = Problem("forbidden", "No.", {"status": 200, "type": "x", "title": "y", "code": "z"})
    told = orjson.loads(encode_problem(problem))
    assert (told["status"], told["code"], told["type"]) == (403, "forbidden", "/problems/forbidden")


def test_away_is_503_with_retry_after_and_without_the_inner_reason() -> None:
    response = problem_response(problem_of(Transient("postgres at 10.0.0.1 is away")))
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert b"10.0.0.1" not in response.body


@pytest.mark.parametrize("error", [ValueError("secret"), Broken("secret"), KeyError("secret")])
def test_unexpected_errors_are_500_with_an_id_and_nothing_else(error: Exception) -> None:
    problem = problem_of(error)
    assert problem.status == 500
    assert problem.members["error_id"]
    assert b"secret" not in encode_problem(problem)


def test_an_internal_error_of_another_service_is_500() -> None:
    assert problem_of(Refused("internal-error", "logged there")).status == 500


def test_an_unknown_path_is_404_and_a_wrong_method_says_which_are_right() -> None:
    assert problem_of(HTTPException(404)).code == "not-found"
    wrong = problem_response(problem_of(HTTPException(405, headers={"Allow": "GET, PUT"})))
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, PUT")


def test_faults_of_a_request_are_named_by_their_path() -> None:
    fault = {"loc": ("body", "a/b", 0), "type": "missing", "msg": "Field required", "input": {}}
    problem = problem_of(RequestValidationError([fault]))
    assert problem.status == 422
    assert problem.members["faults"] == [
        {"path": "/body/a~1b/0", "code": "missing", "message": "Field required"}
    ]


def test_an_id_that_is_none_is_404() -> None:
    fault = {"loc": ("path", "run_id"), "type": "uuid_parsing", "msg": "no uuid", "input": "x"}
    assert problem_of(RequestValidationError([fault])).status == 404


def test_401_says_how_to_authenticate() -> None:
    response = problem_response(problem_of(Refused("not-signed-in", "Sign in.")))
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_the_log_says_once_a_second_why_requests_cannot_be_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 100.0
    reasons = Reasons(lambda: now)
    for _ in range(3):
        reasons.tell("the engine does not answer")
    now += reason_pause_seconds
    reasons.tell("the database is away")

    told = [
        (record.__dict__["reason"], record.__dict__["others_since"]) for record in caplog.records
    ]
    assert told == [("the engine does not answer", 0), ("the database is away", 2)]
