# What the scripts in R share: arguments, reading, the time that the work itself took.

options(warn = 1)
asked <- commandArgs(trailingOnly = TRUE) # records, folder for results, service, breakdowns, items
breakdowns <- strsplit(asked[4], ",")[[1]]
items <- strsplit(asked[5], ",")[[1]]

has_data_table <- requireNamespace("data.table", quietly = TRUE) # loaded before the clock starts, as all else is

now <- function() proc.time()[["elapsed"]]

# Answers as 1, 0 or NA, and levels that are no level (not known, not recorded) as NA.
records <- function() {
  if (has_data_table) {
    read <- data.table::fread(asked[1], colClasses = "character", select = c(asked[3], breakdowns, items),
                              na.strings = NULL, data.table = FALSE)
  } else {
    read <- read.csv(asked[1], colClasses = "character", na.strings = character(), check.names = FALSE)
  }
  read[items] <- lapply(read[items], function(x) ifelse(x == "yes", 1, ifelse(x == "no", 0, NA)))
  read[breakdowns] <- lapply(read[breakdowns], function(x) {
    factor(ifelse(x %in% c("", "not known", "not applicable"), NA, x))
  })
  read
}

finish <- function(started, estimates, tests) {
  seconds <- now() - started
  write.csv(estimates, file.path(asked[2], "estimates.csv"), row.names = FALSE)
  write.csv(tests, file.path(asked[2], "tests.csv"), row.names = FALSE)
  cat("work", seconds, "\n")
}
