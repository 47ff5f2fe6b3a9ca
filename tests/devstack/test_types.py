"""The types that Edge Function and app are compiled with are those of the contract as it is."""

from devstack.types import TYPES, types


def test_types_are_made_of_the_contract_as_it_is():
    made = types()
    assert [path.read_text() == made for path in TYPES] == [True, True], "run `make types`"
