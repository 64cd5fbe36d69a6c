"""The Explain tab: a verdict, and a row of maps for each method, as they come."""
