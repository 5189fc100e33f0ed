"""A browser for `BROWSER`: somebody who does with an address what `PERSON` says, and closes it again."""

import os
import sys

from tests.core_oauth2.person import Person

if __name__ == "__main__":
    does = os.environ.get("PERSON", "")
    Person(password="wrong" if does == "wrong" else "district", consents=does != "denies")(sys.argv[1])
