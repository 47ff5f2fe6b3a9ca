"""Whatever is asked, by whomever, the contract knows the answer, and it is never our mistake.

schemathesis makes the requests of openapi.yaml: those that it allows and those that it does not.
`make contract CASES=500` asks more than `make test` does.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from devstack.stack.campaign import PERSONALIZATION
from tests import openapi
from tests.conftest import USUAL_CASES
from tests.functions.campaigns import Campaign

SCHEMA = schemathesis.openapi.from_dict(openapi.contract())
OPERATIONS = {
    operation.ok().label: operation.ok()
    for operation in SCHEMA.get_all_operations()
    if operation.ok().path != openapi.WEBHOOK  # Meta's own, whatever its address
}
TEMPLATES = ("/templates", "/media", "/test-numbers")
SECONDS = 1  # for the usual cases of one operation and kind, at most
CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


@dataclass(kw_only=True)
class Scene:
    """A campaign with something of each kind, and who asks about it."""

    campaign: Campaign
    tokens: dict[str, str]
    known: dict[str, list[Any]]
    asked: Counter = field(default_factory=Counter)

    def url(self, path: str) -> str:
        target = "templates" if path.startswith(TEMPLATES) else "send"
        return self.campaign.stage.stack.at.url(target)

    def ask(self, case, who, placed) -> None:
        """Ask as somebody, about what exists as often as not."""
        for name, value in placed.items():
            self._place(case, name, value)
        case.headers.pop("Authorization", None)
        if who != "nobody":
            case.headers["Authorization"] = f"Bearer {self.tokens[who]}"
        answer = case.call(base_url=self.url(case.path), timeout=60)
        self.asked[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    def drawn(self) -> st.SearchStrategy:
        """Return who asks, and which values are of something that exists."""
        # The owner more often than the others, who are told so before anything else.
        who = st.sampled_from(["owner", "owner", "owner", *sorted(self.tokens), "nobody"])
        known = {name: st.sampled_from(values) for name, values in self.known.items()}
        every, some = st.fixed_dictionaries(known), st.fixed_dictionaries({}, optional=known)
        return st.tuples(who, st.one_of(every, every, some))

    def _place(self, case, name: str, value: Any) -> None:
        for place in (case.path_parameters, case.query, case.body):
            if isinstance(place, dict) and name in place:
                place[name] = value


@pytest.fixture(scope="module")
def scene(stage) -> Scene:
    limits = "insert into wa.request_limits select kind, 1000000, 0.001 from wa.default_limits()"
    stage.sql(limits)
    campaign = Campaign.create(stage).with_voters(5).hold_tasks()
    jobs = [campaign.start_job().id for _ in range(2)]
    number = campaign.ask(
        "POST",
        "/test-numbers",
        target="templates",
        json={"campaign_id": str(campaign.ids.campaign_id), "phone": "5511112222", "label": "Ana"},
    ).json()
    people = {"owner": campaign} | {
        role: campaign.as_new_member(role) for role in ("promoter", "viewer")
    }
    stranger = Campaign.create(stage)
    yield Scene(
        campaign=campaign,
        tokens={name: person.token for name, person in people.items()}
        | {"stranger": stranger.token},
        known={
            "campaign_id": [str(campaign.ids.campaign_id)],
            "template_id": [str(campaign.ids.template_id)],
            "job_id": jobs,
            "voter_id": campaign.voter_ids(),
            "test_number_id": [number["id"], str(uuid4())],
            "scheduled_at": [None],  # now
            "filters": [{}, {"section": ["12"]}],
            "personalization": [PERSONALIZATION],
            "phone": ["5511112222", *campaign.phones],
        },
    )
    stage.sql("delete from wa.request_limits")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_the_contract_knows(scene, label, mode, request):
    cases = request.config.getoption("--cases")
    ends_at: list[float] = []  # counted from the first case: to make its first ones takes a while

    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=cases == USUAL_CASES,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )
    @given(case=OPERATIONS[label].as_strategy(mode), drawn=scene.drawn())
    def ask(case, drawn):
        ends_at.append(time.monotonic() + SECONDS * cases / USUAL_CASES)
        if time.monotonic() < ends_at[0]:
            scene.ask(case, *drawn)

    ask()


def test_every_operation_was_asked(scene, request, capsys):
    said = f"{len(OPERATIONS)} operations, answers by status: {dict(sorted(scene.asked.items()))}"
    if request.config.getoption("--cases") > USUAL_CASES:
        with capsys.disabled():
            sys.stdout.write(f"\n{sum(scene.asked.values())} cases of {said}\n")
    if not scene.asked:
        pytest.skip("nothing was asked: this test runs alone")
    # Also what is allowed and done, not refusals alone.
    assert scene.asked.keys() >= {200, 202, 401, 403, 404, 409, 422}, said
