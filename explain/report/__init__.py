"""A photo's maps and verdicts in words, pictures and files."""
