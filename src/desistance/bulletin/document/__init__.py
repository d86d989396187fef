"""The report as a PDF document that is read aloud, searched and printed as well as seen (PDF/UA-1)."""

from desistance.bulletin.document.rendering import render_document

__all__ = ["render_document"]
