"""The app compiles for phones as for the web (the browser test makes that one)."""

import pytest

from devstack.page.build import export


@pytest.mark.timeout(600)
def test_app_compiles_for_phones(tmp_path):
    made = tmp_path / "native"

    export(("android", "ios"), made)

    bundles = sorted(path.parts[-2] for path in made.rglob("*.hbc"))
    assert bundles == ["android", "ios"]
