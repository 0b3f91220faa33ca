"""What notebook 02 says is so: run in its kernel when its cells have run."""

assert all(not one.refused for one in (rise, fall, *fits.values(), *by_prior.values()))
assert abs(by_hand - rise.mean) < 0.06  # two ways to the same number
assert 4 < np.exp(1.645 * rise.windows[11].probability.logit_sd) < 5  # what the reason says
assert rise.windows[11].probability.interval[1] - rise.windows[11].probability.interval[0] > 0.4
assert 1.5 < fall.mean / falls < 3  # a factor of two
assert drawn.paths[..., 0].size == 60_000
assert (deaths == 0).sum() == 3 and checks["zeros"] < 0.05  # more than it draws
assert all(0.05 < checks[name] < 0.95 for name in ("largest", "change"))
counted = [seen / of for seen, of in raw.values()]
assert [round(100 * share) for share in counted] == [47, 24, 29, 47, 37, 16]
any_fighting, war, _, _, with_others, alone = (fits[label].mean for label in classes)
assert any_fighting > 1.6 * war  # the definition nearly doubles it
assert alone < war < with_others
assert with_others < counted[4] and alone > counted[5]  # drawn towards each other
means = [one.mean for one in by_prior.values()]
assert means == sorted(means)
assert means[-1] - means[0] < any_fighting - war
