"""A browser for `BROWSER`: a headless Chromium, used as `SCENARIO` says, and closed again.

It writes what the last page shows into the file `SEEN`.
"""

import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

from dhis2w_core.oauth2.browser import SHORTEST_VISIT
from tests.core_oauth2.chromium import chromium, consent, log_in

if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal of a test ends with the command, the browser does not
    scenario, version, url = os.environ["SCENARIO"], int(os.environ["VERSION"]), sys.argv[1]
    with TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        if scenario == "forged state":
            browser.go(parse_qs(urlsplit(url).query)["redirect_uri"][0] + "?code=planted&state=another")
            browser.wait_for("document.body.innerText.includes('The login failed')")
        elif scenario == "wrong password":
            log_in(browser, url, "wrong")
            browser.wait_for("document.body.innerText.includes('Incorrect username or password')")
        else:
            log_in(browser, url, "district")
            if scenario == "closed":
                browser.wait_for(f"performance.now() > {1000 * SHORTEST_VISIT}")
            else:
                consent(browser, version, allow=scenario == "consents")
                browser.wait_for("/You are logged in|The login failed/.test(document.body.innerText)")
        seen = Path(os.environ["SEEN"])
        seen.with_suffix(".new").write_text(f"{browser.run('location.href.split(`?`)[0]')}\n{browser.text()}", "utf-8")
        seen.with_suffix(".new").rename(seen)
