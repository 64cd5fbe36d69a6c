"""The running page measured from outside: its start, its first answers, its memory."""
