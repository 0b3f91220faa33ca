"""What notebook 01 says is so: run in its kernel when its cells have run."""

assert "base_rate: {seen: 6, of: 30" in bridge.text  # six of thirty winters
moves = {one.source: bool(one.raises) - bool(one.lowers) for one in bridge.links}
assert moves == {"high_water": 1, "repairs_done": -1}
row = explorer.forecast.set_index("event").loc[OUTCOME]
assert row["low"] < row["posterior"] < row["high"]
if not explorer.overrides:  # nobody has moved anything
    assert row["posterior"] == forecasting.Network(case).posterior()[OUTCOME]
    assert row["word"] == "roughly even chance" and round(row["posterior"], 2) == 0.53
assert after < before - 0.1  # what is held matters
assert calm < before - 0.1  # and so does the start
assert min(after, calm) > forecasting.Network(case).prior()[OUTCOME]  # and so does the rest
