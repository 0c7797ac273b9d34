"""Pages that workers make, looked at with a browser (headless Chromium; one for all tests here)."""

import os

from e2e import npm
from e2e.browser import Browser
from e2e.harness import Case

browser = None
folder = None
remove = None


def setUpModule():
    global browser, folder, remove
    browser = Browser.start()
    if npm.available():
        folder, remove = npm.make_projects("hono@4", "react@19", "react-dom@19")


def tearDownModule():
    browser.close()
    if remove:
        remove()


class Pages(Case):
    def dev(self, name):
        return self.start(None, "--data", self.directory(), path=os.path.join(folder, name), command="dev")


@npm.required
class React(Pages):
    def test_suspense(self):
        """The page is there, and works, before what it waits for; that comes in the same response."""
        verge = self.dev("react")
        with browser.page(verge.url + "/?name=%3Cada%3E") as page:
            self.assertEqual(page.wait_for("document.querySelector('#greeting')?.innerText"), "Hello <ada> ***")
            self.assertEqual(page.evaluate("document.querySelector('#fallback').innerText"), "a moment")
            self.assertEqual(page.evaluate("document.title"), "For <ada>")
            self.assertEqual(page.evaluate("document.readyState"), "loading")
            self.assertEqual(verge.post("/release", "it has come <b>").text, "released")
            self.assertEqual(page.wait_for("document.querySelector('blockquote')?.innerText"), "it has come <b>")
            page.wait_for("document.readyState === 'complete'")
            self.assertEqual(page.wait_for("document.documentElement.dataset.bootstrapped"), "yes")
            page.wait_for("!document.querySelector('#fallback')")
            self.assertEqual([each for each in page.problems if "favicon" not in each], [])

    def test_without_a_browser(self):
        verge = self.dev("react")
        with verge.connect() as client:
            client.send_request("GET", "/?quote=later")
            head = client.read_head()
            pieces = list(client.body_pieces(head))
        text = b"".join(pieces).decode()
        self.assertGreater(len(pieces), 1)
        self.assertIn("a moment", text)
        self.assertLess(text.index("a moment"), text.index("<blockquote>later</blockquote>"))
        self.assertEqual(verge.get("/string").text, '<b title="&quot;">&lt;text&gt;</b>')


@npm.required
class HonoPages(Pages):
    def test_list(self):
        verge = self.dev("hono")
        with browser.page(verge.url + "/pages/list") as page:
            page.wait_for("!!document.querySelector('code')")
            self.assertEqual(page.evaluate("[...document.querySelectorAll('li')].map((each) => each.innerText)"),
                             ["<script>alert(1)</script>", "a & b"])
            self.assertEqual(page.evaluate("getComputedStyle(document.body).color"), "rgb(1, 2, 3)")
            self.assertEqual(page.dialogs, [])

    def test_suspense(self):
        verge = self.dev("hono")
        with browser.page(verge.url + "/pages/suspense") as page:
            self.assertEqual(page.wait_for("document.querySelector('#slow')?.innerText"), "it has come")
            page.wait_for("!document.querySelector('#fallback')")
            self.assertEqual([each for each in page.problems if "favicon" not in each], [])
