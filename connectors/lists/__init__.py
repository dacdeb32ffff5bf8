"""Lists of values: tables (`csv`) and plain text (`text`)."""
