"""The page: HTML fragments, the session behind them and the stream of results, wired up by dashboard.py."""
