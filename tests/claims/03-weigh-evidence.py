"""What notebook 03 says is so: run in its kernel when its cells have run."""

import math

prior = network.prior()[OUTCOME]
way = 10 * math.log10(now / (1 - now) * (1 - prior) / prior)
assert abs(sum(row.decibans for row in rows) - way) < 1e-9  # the steps add up to the whole way
assert 0 < card.alone < card.ceiling  # no grade makes a card worth more than its ceiling
assert card.certain <= 10 * math.log10(ratio) + 1e-9  # nor is a fact worth more than its ratio
gone = 10 * math.log10(now / (1 - now) * (1 - without) / without)
assert abs(gone - card.leave_one_out) < 1e-6
