"""The tables as a workbook: ODS to the conventions of public bodies, and what every column of the CSV files means."""
