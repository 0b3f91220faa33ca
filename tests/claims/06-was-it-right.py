"""What notebook 06 says is so: run in its kernel when its cells have run."""

assert not whole.faults
rises = "ttp_deaths.rises_by_half"
now = forecasting.Network(forecasting.load("../priors/pakistan_taliban_2021.yaml")).posterior()
assert [round(one[rises], 2) for one in (then.network.posterior(), now)] == [0.65, 0.53]
assert all(mean["case"] < mean["prior"] < mean["half"] for mean in means.values())
found = scores.compare(rows, case.case, "prior")
assert found.clusters == 6 and found.p > 0.1
assert "too few separate stories to tell" in tables.difference(found)
assert story["by_evidence"].idxmax() == "India" and story.loc["India", "by_evidence"] > 0
assert (story.drop("India")["by_evidence"] < 0).all()
assert story["by_evidence"].idxmin() == "The TTP and relations with Kabul"
assert {one.dearer for one in lessons.worst(rows)} == {"base rate"}
assert len(near) == 5
for one in wholes:  # within what it held possible, and the evidence helped
    assert all(each.low <= each.real <= each.high for each in one.expected)
    assert one.expected[2].real > one.expected[2].expected
    assert one.joint.posterior > one.joint.prior
war = losses[losses["title"].str.startswith("Interstate conflict")].sort_values("resolve_by")
assert (1 - war["posterior"]).round(2).tolist() == [0.03, 0.08]
unlikely = next(row for row in calibration.words if row.word == "unlikely")
assert unlikely.answers == 11 and unlikely.came > 0.5
