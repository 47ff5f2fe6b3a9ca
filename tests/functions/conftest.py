"""The whole stack, started once, and a campaign of each test's own."""

from collections.abc import Iterator

import pytest

from devstack.stack.deployment import Conditions
from devstack.stack.stack import Stack
from tests.functions.campaigns import Campaign
from tests.functions.stage import Stage
from tests.functions.wiretap import Wiretap

HOURLY = 3600  # the tests call the sweep themselves
TWO_TOKENS = Conditions(credentials=("default", "other"))


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with Stack(sweep_seconds=HOURLY, conditions=TWO_TOKENS) as stack:
        stage = Stage(stack=stack, meta=Wiretap())
        stage.prepare()
        yield stage
        stage.meta.hang_up()


@pytest.fixture
def campaign(stage: Stage) -> Campaign:
    return Campaign.create(stage)


@pytest.fixture
def other_campaign(stage: Stage) -> Campaign:
    return Campaign.create(stage)


@pytest.fixture
def untouched(stage):
    """No row of ours came or went."""
    before = stage.row_counts()
    yield
    assert stage.row_counts() == before
