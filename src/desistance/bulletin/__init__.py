"""The report: words, figures and the page, drawn from the released object and from nothing else."""
