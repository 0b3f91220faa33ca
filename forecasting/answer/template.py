"""A name and two days go in, by ``TEMPLATE.format``; a commented case to fill in comes out."""

TEMPLATE = """\
# A case to fill in. A line that starts with # is a comment; the program skips it.
# Every number below is an example: put yours in its place, then run
#   forecasting check {path}
#   forecasting run {path}

case: {name}
title: What this case is about
as_of: {as_of}        # the day of the forecast: what is dated later is not known yet
resolve_by: {by}   # the day by which the question will be settled

events:

  it_happens:
    role: outcome           # what you want to know
    kind: occurs            # occurs: by the date; lasts: all along; state: on the day
    title: A few words for what may happen
    question: Will it happen at least once by the date?
    resolution:
      criterion: The rule by which anyone could tell, fixed now.
      source: Whose word settles it
    # Before you think of this case: of 100 such years, in how many does it happen? Write what
    # you are 90% sure of. The period it is stated for is rescaled to your dates.
    base_rate: {{low: 10%, high: 30%, within: 12 months}}
    why: Where this number comes from.

  things_are_tense:
    role: driver            # a condition that moves the outcome
    kind: state
    title: A few words for the condition
    question: Does the condition hold today?
    base_rate: {{low: 20%, high: 50%}}  # how common that is in such years
    now: 60%                          # what you hold of it today, without the evidence below
    why: Where these numbers come from.

links:
  # How many times higher are the odds of the outcome where the driver holds? (or lowers:)
  - {{from: things_are_tense, to: it_happens, raises: {{low: 1.5, high: 5}}, why: Its reason.}}

sources:
  a-source: {{title: The name of a source, interest: What it may want us to believe}}

evidence:

  something_seen:
    claim: What was seen, in one sentence.
    date: {as_of}
    bears_on: it_happens
    if_yes: 50%     # if it is going to happen: how likely was it that we would see this?
    if_no: 20%      # if it is not: how likely was it all the same?
    # The grade: the source, A (reliable) to E (unreliable) or F (cannot be judged); then the
    # item, 1 (confirmed) to 5 (improbable) or 6 (cannot be judged).
    reports:
      - {{source: a-source, grade: B3}}
    why: The reason for the two numbers.
"""
