"""Sentences and phrases, written by rule from what was released."""
