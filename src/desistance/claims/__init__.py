"""Claims are tests: each published statement against the findings, by code.

`definition`
    What `claims.yaml` says of each statement and how it is held against the findings.
`evidence`
    The numbers that claims are held against, from the tables of findings or from any other choice of method.
`outcome`
    What comes of one claim: words and verdicts.
`domain_checks`
    Statements of a framework of overlapping domains.
`service_checks`
    Statements about shares of services.
`practice`
    What services provide and what comments speak of, as evidence.
`checks`
    One function for each kind of statement, and the ledger.
`alternatives`
    Whether a verdict hangs on a choice: the same claims under the study's named alternatives.
"""
