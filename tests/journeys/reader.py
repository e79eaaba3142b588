"""One browser window, as the browser tests use it. Whatever the page complains about fails the test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from django.urls import reverse

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}


class Reader:
    """A page with what it complained about so far."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._miss)

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused form is answered with its status, and Chromium reports that: it is no fault of the page.
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)

    def _miss(self, request: Request) -> None:
        # Going on to the next page while the last one still loads is no fault either.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.failure}: {request.url}")

    def open(self, name: str, *args: object) -> None:
        self.page.goto(self.site + reverse(name, args=args))

    def sign_in(self, email: str) -> None:
        self.open("account_request_login_code")
        self.page.get_by_label("Your e-mail address").fill(email)
        self.page.get_by_role("button", name="Send me a code").click()
        self.page.get_by_role("heading", name="Look into your mail").wait_for()
        found = re.search(r"^([A-Z0-9-]{6,})$", str(mail.outbox[-1].body), re.MULTILINE)
        assert found
        self.page.get_by_label("Code from the mail").fill(found.group(1))
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def fits(self) -> bool:
        """Nothing sticks out to the side."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def barriers(self) -> list[str]:
        """What axe finds on the page as it is: rule, what is wrong, and where."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [f"{each['id']}: {each['help']} at {node['target']}" for each in found for node in each["nodes"]]
