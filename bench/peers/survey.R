# Shares with logit intervals by subgroup, and Rao-Scott's F, with R's survey. The last argument is the method of
# svyciprop: "logit", its default, or "xlogit", which gives the same interval and fits no model for it.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(survey))
started <- now()
data <- records()
design <- svydesign(ids = as.formula(paste0("~", asked[3])), weights = ~1, data = data)
estimates <- tests <- list()
for (item in items) {
  for (by in breakdowns) {
    answered <- design[!is.na(data[[item]]) & !is.na(data[[by]]), ]
    item_is <- as.formula(paste0("~", item))
    share <- svyby(item_is, as.formula(paste0("~", by)), answered, svyciprop, method = asked[7],
                   vartype = c("se", "ci"), drop.empty.groups = TRUE)
    names(share) <- c("level", "estimate", "standard_error", "ci_low", "ci_high")
    estimates[[length(estimates) + 1]] <- cbind(item = item, breakdown = by, share)
    test <- svychisq(as.formula(paste0("~", item, "+", by)), answered, statistic = "F")
    tests[[length(tests) + 1]] <- data.frame(item = item, breakdown = by, statistic = test$statistic[[1]],
                                             df1 = test$parameter[[1]], df2 = test$parameter[[2]],
                                             p_value = test$p.value[[1]])
  }
}
finish(started, do.call(rbind, estimates), do.call(rbind, tests))
