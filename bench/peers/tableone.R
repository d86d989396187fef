# Shares by subgroup and p-values of Rao-Scott's test in R's tableone (which calls survey): no standard errors, no
# intervals, and of the test only p. It counts the degrees of freedom over all services, also those where nobody has an
# answer, so its p is held against this project's under the same rule.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(survey))
suppressPackageStartupMessages(library(tableone))
started <- now()
data <- records()
design <- svydesign(ids = as.formula(paste0("~", asked[3])), weights = ~1, data = data)
estimates <- tests <- list()
for (by in breakdowns) {
  table <- svyCreateTableOne(vars = items, strata = by, data = design[!is.na(data[[by]]), ], factorVars = items,
                             smd = FALSE)
  levels <- levels(droplevels(data[[by]]))
  for (item in items) {
    share <- sapply(levels, function(level) {
      of_level <- table$CatTable[[level]][[item]]
      sum(of_level$percent[of_level$level == "1"]) / 100
    })
    estimates[[length(estimates) + 1]] <- data.frame(item = item, breakdown = by, level = levels, estimate = share)
  }
  p_values <- attr(table$CatTable, "pValues")
  tests[[length(tests) + 1]] <- data.frame(item = rownames(p_values), breakdown = by, p_value_all_services = p_values$pApprox)
}
finish(started, do.call(rbind, estimates), do.call(rbind, tests))
