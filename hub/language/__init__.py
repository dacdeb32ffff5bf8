"""What people type and paste: folding of text, values in every spelling, the query language."""
