"""What notebook 07 says is so: run in its kernel when its cells have run."""

for name in ("buyer", "frost", "blossom"):  # shares of one whole
    states = [f"{name}.{state}" for state in case.events[name].states]
    assert abs(sum(now[one] for one in states) - 1) < 1e-9
assert abs(now["frost.harmful"] - now["frost.light"] - now["frost.hard"]) < 1e-9
assert now["harvest.poor"] + now["harvest.rich"] < 1  # parts of one curve
assert abs(more["harvest.poor"] - now["harvest.poor"]) < 1e-12  # a new cut changes nothing else
assert hard["harvest.poor"] > now["harvest.poor"]
assert tonnes["buyer.exporter"] > now["buyer.exporter"]
likelihood = {"mild": 0.05, "light": case.evidence["brown_blossom"].if_["light"].mean, "hard": 0.9}
weighed = {state: before[f"frost.{state}"] * p for state, p in likelihood.items()}
for state, weight in weighed.items():  # Bayes, by hand
    assert abs(weight / sum(weighed.values()) - now[f"frost.{state}"]) < 1e-9
