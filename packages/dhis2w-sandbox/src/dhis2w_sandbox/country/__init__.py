"""The demo country of the sandbox: Tembara, which does not exist, made by a seeded generator.

`people.USERS` says who can log in; `bundle.demo_country` makes its metadata; `bundle.load` puts it into a server.
"""
