"""Problem details (RFC 9457) as every entry point answers them."""


def assert_problem(answer, status, code, field=None):
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, status), answer.text
    assert problem["type"] == f"urn:campaignpro:whatsapp:{code}"
    assert problem["title"]
    assert problem["detail"].endswith((".", "}."))
    if field is not None:
        assert problem.get("field", "") == field
