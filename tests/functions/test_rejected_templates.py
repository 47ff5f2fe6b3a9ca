"""A rejected template that is tried once more, with the text that Meta shows of it already."""

from uuid import uuid4

import pytest

from tests.functions.problems import assert_problem
from tests.functions.test_templates_api import created, reaches

SAMPLES = {"sample_values": {"1": "Eva", "2": "el parque"}}


@pytest.fixture
def rejected(campaign):
    """Return the path of a template that a review rejected."""
    campaign.stage.simulate("config", {"reviews": {"after": {"median_s": 0.3, "sigma": 0.0}}})
    template_id = created(campaign, name=f"x{uuid4().hex[:8]}_rechazo")["template_id"]
    reaches(campaign, template_id, "rejected")
    return f"/templates/{template_id}"


def test_edit_that_meta_refuses_is_not_taken_for_what_it_showed_before(campaign, rejected):
    campaign.stage.simulate("faults", {"operation": "edit", "fault": "100/2388073"})
    answer = campaign.ask("PATCH", rejected, target="templates", json=SAMPLES)
    assert_problem(answer, 422, "template_refused")
    shown = campaign.ask("GET", rejected, target="templates").json()
    assert (shown["status"], shown["rejected_reason"]) == ("rejected", "INVALID_FORMAT")


def test_edit_that_meta_never_took_is_told_again(campaign, rejected):
    campaign.stage.simulate("faults", {"operation": "edit", "fault": "server_error_html"})
    first = campaign.ask("PATCH", rejected, target="templates", json=SAMPLES)
    assert (first.status_code, first.json()["change"]) == (202, "edit")
    again = campaign.ask("PATCH", rejected, target="templates", json=SAMPLES)
    assert (again.status_code, again.json()["meta_status"]) == (200, "pending"), again.text
