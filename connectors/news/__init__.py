"""News: RSS, Atom and JSON feeds, entry by entry, with the pages behind them if they are wanted."""
