"""How often each test rejects a true null, and how often each interval holds the truth, on this very design.

The sizes of services, bases and subgroups are those of a tally; nothing else of it is used. Outcomes are
drawn as counts by service and subgroup: every service has a share of its own, drawn from a beta distribution
with the stated mean and intra-class correlation (beta-binomial), so that two cases of one service have exactly
that correlation. Numbers of factors and pairs of factors are drawn from such shares too.

A breakdown is dealt anew in every run, in one of three kinds. *By child*: subgroups are permuted among all
cases. *By child and service*: whole services of similar size exchange their shares of the subgroups, so the
shares vary between services as they do in the tally. *By service*: all cases of a service are in one subgroup.

Tests are tried where subgroups do not differ. Intervals for differences and slopes are tried where they do;
in the outcome's beta distributions each service then has the same rank in every subgroup.

`scenarios`
    What is simulated: `Scenario`, `scenarios`.
`draws`
    How breakdowns and outcomes are drawn: `draw`, `breakdowns`, `outcomes`, `numbers`, `pairs`.
`runs`, `methods`, `numbers`, `adjusted`, `services`, `ways`
    One function a test or interval, and which are tried where: `ways`.
`simulation`
    The runs and their rates: `simulate`, `calibrate`.
`reading`
    What methods are called, their part in the report, and the band of each rate: `verdict`.
`markdown`
    The rates as Markdown: `markdown`. Their figure is drawn with the others, in `bulletin.figures`.

Import from the modules.
"""
