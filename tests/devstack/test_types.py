"""The types that Edge Function and app are compiled with are those of the contract as it is."""

from devstack.types import TYPES, types


def test_types_are_made_of_the_contract_as_it_is():
    assert TYPES.read_text() == types(), "run `make types`"
