"""How often each test rejects a true null, and how often each interval holds the truth, on this very design.

The sizes of services, bases and subgroups are those of a tally; nothing else of it is used. Outcomes are
drawn as counts by service and subgroup, never as cases: every service has a share of its own, drawn from a
beta distribution with the stated mean and intra-class correlation (beta-binomial), so that two cases of one
service have exactly that correlation.

A breakdown is dealt anew in every run, in one of three kinds. *By child*: subgroups are permuted among all
cases. *By child and service*: whole services of similar size exchange their shares of the subgroups, so the
shares vary between services as they do in the tally. *By service*: all cases of a service are in one subgroup.

Tests are tried where subgroups do not differ. Intervals for differences and slopes are tried where they do;
in the outcome's beta distributions each service then has the same rank in every subgroup.

`scenarios`
    What is simulated, and how breakdowns and outcomes are drawn: `scenarios`, `breakdowns`, `outcomes`.
`methods`
    One function a test or interval: `ways`, `share_hits`.
`simulation`
    The runs, their rates and verdicts: `simulate`, `calibrate`, `verdict`.
`display`
    The rates as Markdown and as a figure: `markdown`, `figure_svg`.

Import from the modules.
"""
