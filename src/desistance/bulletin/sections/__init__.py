"""The sections of the report: headings, paragraphs and tables."""
