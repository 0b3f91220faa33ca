"""What notebook 04 says is so: run in its kernel when its cells have run."""

assert [row.swing for row in rows] == sorted((row.swing for row in rows), reverse=True)
for found in (up, down):
    first = next(row for row in found if row.value is not None)
    moved = forecasting.Network(forecasting.override(case, {first.path: first.value}))
    assert abs(moved.posterior()[OUTCOME] - first.target) < 1e-6  # at its tipping point
for row in indicators:  # what we expect to believe later is what we believe now
    assert abs(row.probability * row.if_yes + (1 - row.probability) * row.if_no - now) < 1e-9
assert [row.bits for row in indicators] == sorted((row.bits for row in indicators), reverse=True)
