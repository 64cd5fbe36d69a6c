"""What serving the page costs: its start, its first answers, its memory."""
