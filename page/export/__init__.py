"""What a visitor takes away: pictures, a zip, a link, and what other sites show of it."""
