"""What the server allows, refuses and checks, whatever tab it is about."""
