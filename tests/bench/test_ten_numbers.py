"""Ten numbers in one Postgres, at the size of `--quick`."""

from bench import ten_numbers
from bench.sizes import QUICK


def test_the_cost_and_the_rate_of_ten_numbers_have_a_line_each():
    cores, rate = ten_numbers.measure(QUICK).figures
    assert (cores.unit, rate.unit) == ("cores", "messages/s")
    assert cores.low > 0
    assert 0 < rate.high <= 1.1 * ten_numbers.NUMBERS * ten_numbers.RATE
