"""Measuring a recognizer on the test sets of scene text recognition, with and without lexicons."""
