"""OAuth2: logging in, keeping the tokens, refreshing them once for everybody, registering a client.

Names live in their modules: `login`, `registration`, `token_store`, `refresh`, `errors`.
"""
