# Writes the files of this folder, as other programs write them: Rscript make.R (in this folder; needs soffice).
# Everything here is made up: it is an excerpt of data/example/made_up_cases.csv.

library(haven)
library(openxlsx)
suppressMessages(library(readr))

example <- "../../../data/example/made_up_cases.csv"
text <- read.csv(example, colClasses = "character", check.names = FALSE, encoding = "UTF-8")
text <- text[seq(1, nrow(text), by = 12), ]
rownames(text) <- NULL
text$service <- sub("^S", "S\u00eer ", text$service)  # a letter that every encoding writes its own way
write.csv(text, "cases.csv", row.names = FALSE, quote = FALSE, fileEncoding = "UTF-8")

judged <- c("yes", "no", "not applicable", "not known")
codes <- list(judged = setNames(c(1, 2, 8, 9), judged))
levels_of <- list(
  age = c("10-14", "15-16", "17-18"),
  gender = c("boy", "girl"),
  safety_concern = c("low", "medium", "high", "very high"),
  risk_to_others = c("low", "medium", "high", "very high"),
  previous_sanctions = c("0", "1-2", "3-5", "6+")
)
plain <- c("case_id", "service", "inspected_on", "made_up")
code_of <- function(column) {
  if (!column %in% names(levels_of)) return(codes$judged)
  levels <- levels_of[[column]]
  c(setNames(seq_along(levels), levels), "not applicable" = 8, "not known" = 9)
}
coded <- text
for (column in setdiff(names(text), plain)) coded[[column]] <- unname(code_of(column)[text[[column]]])
dated <- coded
dated$inspected_on <- as.Date(text$inspected_on)
text_dated <- text
text_dated$inspected_on <- dated$inspected_on

words <- c(yes = "Yes", no = "No", "not applicable" = "N/A", "not known" = "Don't know")
labels_of <- function(column, other_words = FALSE) {
  labels <- code_of(column)
  if (other_words) names(labels) <- ifelse(names(labels) %in% names(words), words[names(labels)], names(labels))
  labels
}
with_labels <- function(make, ...) {
  data <- dated
  for (column in setdiff(names(text), plain)) data[[column]] <- make(data[[column]], labels_of(column, ...))
  attr(data$lifestyle, "label") <- "Lifestyle: factor identified"
  data
}

# SPSS
labelled_plain <- function(x, labels) labelled(x, labels)
write_sav(with_labels(labelled_plain), "labels.sav")
write_sav(with_labels(labelled_plain, other_words = TRUE), "other_labels.sav")
write_sav(with_labels(labelled_plain), "labels.zsav", compress = "zsav")
write_sav(dated, "codes.sav")
write_sav(text, "text.sav")
write_sav(with_labels(function(x, l) labelled_spss(x, l, na_values = c(8, 9))), "missing_values.sav")
write_sav(with_labels(function(x, l) labelled_spss(x, l, na_range = c(8, 99))), "missing_range.sav")

# Stata
for (version in c(8, 10, 12, 13, 14, 15)) {
  ascii <- with_labels(labelled_plain)
  write_dta(ascii, sprintf("labels_%d.dta", version), version = version)
}
tag <- function(x, l) {
  x[x %in% 8] <- tagged_na("a")
  x[x %in% 9] <- tagged_na("b")
  l[["not applicable"]] <- tagged_na("a")
  l[["not known"]] <- tagged_na("b")
  labelled(x, l)
}
write_dta(with_labels(tag), "tagged.dta", version = 14)
unlabelled <- with_labels(tag)
for (column in names(unlabelled)) unlabelled[[column]] <- zap_labels(unlabelled[[column]])
write_dta(unlabelled, "tagged_codes.dta", version = 14)
write_dta(text, "text.dta", version = 14)
factors <- text
for (column in setdiff(names(text), plain)) factors[[column]] <- factor(text[[column]], names(code_of(column)))
foreign::write.dta(factors, "factors_7.dta", version = 7)
foreign::write.dta(factors, "factors_10.dta", version = 10)

# Workbooks
titles <- c("Made-up inspection extract", "Not of any child; for tests only")
styled <- createWorkbook()
addWorksheet(styled, "Read me")
writeData(styled, "Read me", titles)
addWorksheet(styled, "Cases 2018-2020")
writeData(styled, "Cases 2018-2020", titles)
mergeCells(styled, "Cases 2018-2020", cols = 1:6, rows = 1)
writeData(styled, "Cases 2018-2020", text_dated, startRow = 5, startCol = 2)
saveWorkbook(styled, "titles.xlsx", overwrite = TRUE)

several <- createWorkbook()
for (name in c("2019", "2020")) {
  addWorksheet(several, name)
  writeData(several, name, if (name == "2019") text[1:3, ] else text)
}
saveWorkbook(several, "two_sheets.xlsx", overwrite = TRUE)

hidden <- createWorkbook()
addWorksheet(hidden, "old", visible = FALSE)
writeData(hidden, "old", text[1:3, ])
addWorksheet(hidden, "now")
writeData(hidden, "now", text)
saveWorkbook(hidden, "hidden_sheet.xlsx", overwrite = TRUE)

numbers <- createWorkbook()
addWorksheet(numbers, "data")
writeData(numbers, "data", dated)
addStyle(numbers, "data", createStyle(numFmt = "0.00"), rows = 2:99, cols = 5:20, gridExpand = TRUE)
addStyle(numbers, "data", createStyle(numFmt = "0%"), rows = 2:99, cols = 21:30, gridExpand = TRUE)
addStyle(numbers, "data", createStyle(numFmt = "dd mmmm yyyy"), rows = 2:99, cols = 3)
saveWorkbook(numbers, "formats.xlsx", overwrite = TRUE)
as_text <- as.data.frame(lapply(coded, as.character))
write.xlsx(as_text, "numbers_as_text.xlsx", overwrite = TRUE)

merged <- createWorkbook()
addWorksheet(merged, "merged")
by_service <- text[order(text$service), ]
writeData(merged, "merged", by_service)
runs <- rle(by_service$service)
ends <- cumsum(runs$lengths) + 1
for (i in which(runs$lengths > 1)) mergeCells(merged, "merged", cols = 2, rows = (ends[i] - runs$lengths[i] + 1):ends[i])
saveWorkbook(merged, "merged.xlsx", overwrite = TRUE)

# Delimited text
save_text <- function(file, data = text, ..., encoding = "UTF-8", sep = ",") {
  write.table(data, file, row.names = FALSE, sep = sep, na = "", fileEncoding = encoding, ...)
}
save_text("quoted.csv", qmethod = "double")
save_text("windows.csv", encoding = "WINDOWS-1252", sep = ";", eol = "\r\n", quote = FALSE)
save_text("pipes.txt", sep = "|", quote = FALSE)
write.table(coded, "points.csv", row.names = FALSE, sep = ",", na = ".", quote = FALSE, fileEncoding = "UTF-8")
decimal <- cbind(text, score = seq_len(nrow(text)) + 0.5)
write.csv2(decimal, "decimal_commas.csv", row.names = FALSE, fileEncoding = "UTF-8")
write_excel_csv(text, "excel_mark.csv", na = "")
write_excel_csv2(text, "excel_mark_semicolons.csv", na = "")
write_tsv(text, "readr.tsv", na = "")
for (ending in c("gz", "bz2", "xz")) write_csv(coded, paste0("packed.csv.", ending), na = "")

# LibreOffice, from a workbook with dates as dates and from the text
convert <- function(from, to, filter = NULL) {
  out <- if (is.null(filter)) to else paste0(to, ":", filter)
  # R sets a path for libraries that LibreOffice must not see.
  system2("soffice", env = "LD_LIBRARY_PATH=", c("--headless", "--convert-to", shQuote(out), "--outdir", "libreoffice", from), stdout = FALSE, stderr = FALSE)
}
write.xlsx(list(Cases = text_dated), "dates.xlsx", overwrite = TRUE)
for (to in c("xlsx", "xls", "ods", "csv")) convert("dates.xlsx", to)
for (to in c("xls", "ods")) convert("titles.xlsx", to)
for (to in c("xls", "ods")) convert("formats.xlsx", to)

