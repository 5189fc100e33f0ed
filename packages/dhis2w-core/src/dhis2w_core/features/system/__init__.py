"""What the server says about itself and about the user."""
