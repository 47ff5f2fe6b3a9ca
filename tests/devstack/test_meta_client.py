"""The product's own client against Meta's simulator: nothing is told twice, nothing is lost."""

import pytest

from devstack.meta import Fault
from shared.adapters.whatsapp_templates import TemplateClient
from shared.errors import MetaUploadError
from shared.template_changes import Outcome
from tests.devstack.meta_harness import NUMBER, TOKEN, running_meta
from tests.devstack.meta_templates import APP, DRAFT, WABA, draft

PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


@pytest.fixture
def client(meta):
    connected = TemplateClient(
        access_token=TOKEN,
        graph_url=meta.url,
        graph_version="v24.0",
        connect_timeout_s=5,
        read_timeout_s=0.5,
    )
    yield connected
    connected.close()


@pytest.mark.parametrize(
    "fault", [Fault.TIMEOUT_AFTER_ACCEPTANCE, Fault.RESET_AFTER_ACCEPTANCE, "500 after"]
)
def test_creation_whose_answer_is_lost_is_found_by_its_name(meta, client, fault):
    ordered = Fault.SERVER_ERROR_AFTER_ACCEPTANCE if fault == "500 after" else fault
    meta.order("faults", operation="create", fault=ordered)
    assert client.create(WABA, DRAFT).outcome is Outcome.UNKNOWN
    found = client.find(WABA, DRAFT["name"], "es_MX")
    assert (found.status, list(found.components)) == ("pending", DRAFT["components"])
    assert len(meta.look("submissions")) == 1


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR_HTML])
def test_creation_that_was_lost_on_its_way_is_nowhere(meta, client, fault):
    meta.order("faults", operation="create", fault=fault)
    assert client.create(WABA, DRAFT).outcome is Outcome.UNKNOWN
    assert client.find(WABA, DRAFT["name"], "es_MX") is None
    assert client.create(WABA, DRAFT).outcome is Outcome.ACCEPTED


def test_template_lives_from_creation_to_deletion(meta, client):
    created = client.create(WABA, DRAFT)
    assert (created.outcome, created.status) == (Outcome.ACCEPTED, "pending")
    again = client.create(WABA, DRAFT)
    assert (again.outcome, again.error_subcode) == (Outcome.REFUSED, 2388024)
    assert "Already Exists" in again.reason
    meta.now += 60
    assert client.find(WABA, DRAFT["name"], "es_MX").status == "approved"
    changed = {"components": [{"type": "BODY", "text": "Nos vemos el sábado."}]}
    assert client.edit(created.meta_template_id, changed).outcome is Outcome.ACCEPTED
    for _ in range(2):  # the second one finds it gone, which is the same
        deleted = client.delete(WABA, created.meta_template_id, DRAFT["name"])
        assert deleted.outcome is Outcome.ACCEPTED
    assert client.find(WABA, DRAFT["name"], "es_MX") is None


@pytest.mark.parametrize("fault", ["interrupted", Fault.SERVER_ERROR_AFTER_ACCEPTANCE])
def test_interrupted_sample_becomes_a_handle_that_is_taken(meta, client, fault):
    meta.order("faults", operation="upload", fault=fault)
    handle = client.upload_sample(APP, PNG, "image/png", "plaza.png")
    header = {"format": "IMAGE", "example": {"header_handle": [handle]}}
    assert client.create(WABA, draft(HEADER=header)).outcome is Outcome.ACCEPTED


def test_media_get_an_id_or_a_reason(client):
    assert client.upload_media(NUMBER, PNG, "image/png", "plaza.png").isdecimal()
    with pytest.raises(MetaUploadError) as caught:
        client.upload_media(NUMBER, b"GIF89a", "image/gif", "plaza.gif")
    assert (caught.value.refused, caught.value.meta_code) == (True, 100)
