"""Pages that workers make, looked at with a browser (headless Chromium; one for all tests here)."""

import json
import os
from urllib.parse import quote

from e2e import npm
from e2e.browser import Browser
from e2e.harness import Case, handler, run

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


HOSTILE = "<img src=x onerror=alert(1)>'\"&"

EXPLORED = """
export default {
  async fetch(request, env) {
    const text = decodeURIComponent(new URL(request.url).search.slice(1));
    console.log('logged', text);
    if (text) {
      await env.NS.put(text, text, { metadata: { text } });
      await env.DB.exec('CREATE TABLE IF NOT EXISTS "' + text.replaceAll('"', '""') + '" (a TEXT)');
      await env.DB.prepare('INSERT INTO "' + text.replaceAll('"', '""') + '" VALUES (?)').bind(text).run();
    }
    return new Response('done');
  },
};
"""


class Explorer(Pages):
    def explored(self):
        self.data = self.directory()
        project = self.directory({"index.js": EXPLORED, "wrangler.jsonc": json.dumps({
            "name": "explored", "main": "index.js", "kv_namespaces": [{"binding": "NS", "id": "ns"}],
            "d1_databases": [{"binding": "DB", "database_name": "db", "database_id": "db"}]})})
        return self.start(None, "--data", self.data, path=project, command="dev")

    def assert_clean(self, page, verge):
        """Nothing from elsewhere was asked for, nothing of what was shown ran, nothing went wrong."""
        self.assertEqual([url for url in page.requests if not url.startswith((verge.url, "data:"))], [])
        self.assertEqual(page.dialogs, [])
        self.assertEqual(page.problems, [])
        self.assertEqual(page.evaluate("document.querySelectorAll('img').length"), 0)

    def test_requests(self):
        verge = self.explored()
        verge.get("/first")
        with browser.page(verge.url + "/cdn-cgi/local/explorer") as page:
            page.wait_for("document.querySelector('#panel-requests [role=option]')?.innerText.includes('/first')")
            # What comes while the page is open.
            verge.get("/second?" + quote(HOSTILE))
            page.wait_for("document.querySelectorAll('#panel-requests [role=option]').length === 2")
            page.click("#panel-requests [role=option]")
            self.assertEqual(page.wait_for("document.querySelector('#panel-requests .lines')?.innerText"), f"logged {HOSTILE}")
            self.assertEqual(page.evaluate("document.querySelector('#panel-requests dd + dt + dd').innerText"), "200")
            # By keys, too.
            page.key("ArrowDown")
            page.wait_for("document.querySelector('#panel-requests h2').innerText === 'GET /first'")
            page.evaluate("document.activeElement.blur()")
            page.key("/")
            page.type("second")
            page.wait_for("document.querySelectorAll('#panel-requests [role=option]').length === 1")
            self.assert_clean(page, verge)

    def test_kv(self):
        verge = self.explored()
        verge.get("/?" + quote(HOSTILE))
        with browser.page(verge.url + "/cdn-cgi/local/explorer#/kv/NS") as page:
            page.wait_for("document.querySelector('#panel-kv [role=option]')?.innerText === " + json.dumps(HOSTILE))
            page.click("#panel-kv [role=option]")
            page.wait_for("document.querySelector('[aria-label=Value]').value === " + json.dumps(HOSTILE))
            self.assertEqual(json.loads(page.evaluate("document.querySelector('[aria-label=Metadata]').value")), {"text": HOSTILE})
            # Another key, by hand.
            page.evaluate("[...document.querySelectorAll('#panel-kv button')].find((each) => each.innerText === 'New').click()")
            page.type("new/key")
            page.click("[aria-label=Value]")
            page.type('{"b":1}')
            page.key("Enter", modifiers=2)
            page.wait_for("document.querySelector('#message').innerText === 'saved'")
            page.wait_for("document.querySelector('#panel-kv [aria-selected=true]')?.innerText === 'new/key'")
            code, out, _ = run(["kv", "key", "get", "new/key", "--namespace-id", "ns", "--data", self.data])
            self.assertEqual((code, out), (0, '{"b":1}'))
            # It is deleted only when the question is answered.
            page.click("#panel-kv [aria-selected=true]")
            page.key("Delete")
            page.wait_for("document.querySelector('#question').open")
            page.click("#question-no")
            page.wait_for("!document.querySelector('#question').open")
            page.click("#panel-kv [aria-selected=true]")
            page.key("Delete")
            page.wait_for("document.querySelector('#question').open")
            page.click("#question-yes")
            page.wait_for("document.querySelector('#message').innerText === 'deleted'")
            page.wait_for("document.querySelectorAll('#panel-kv [role=option]').length === 1")
            self.assert_clean(page, verge)

    def test_d1(self):
        verge = self.explored()
        verge.get("/?" + quote(HOSTILE))
        with browser.page(verge.url + "/cdn-cgi/local/explorer") as page:
            page.wait_for("!!document.querySelector('#tab-d1')")
            page.key("3")
            page.wait_for("document.querySelector('#panel-d1 [role=option]')?.innerText === " + json.dumps(HOSTILE))
            page.click("#panel-d1 [role=option]")
            self.assertEqual(page.wait_for("document.querySelector('#panel-d1 td')?.innerText"), HOSTILE)
            page.evaluate("document.querySelector('[aria-label=SQL]').select()")
            page.click("[aria-label=SQL]")
            page.evaluate("document.querySelector('[aria-label=SQL]').select()")
            page.type("CREATE TABLE more (x); INSERT INTO more VALUES (1), (NULL); SELECT x AS y FROM more;")
            page.key("Enter", modifiers=2)
            page.wait_for("[...document.querySelectorAll('#panel-d1 th')].some((each) => each.innerText === 'y')")
            self.assertEqual(page.evaluate("[...document.querySelectorAll('#panel-d1 td')].map((each) => each.innerText)"), ["1", "NULL"])
            page.wait_for("document.querySelectorAll('#panel-d1 [role=option]').length === 2")
            self.assert_clean(page, verge)
            page.evaluate("document.querySelector('[aria-label=SQL]').select()")
            page.type("SELECT " + HOSTILE)
            page.key("Enter", modifiers=2)
            page.wait_for("document.querySelector('#panel-d1 .results .bad')?.innerText.includes('<img') || "
                          "document.querySelector('#message').className === 'bad'")
            self.assertEqual(page.evaluate("document.querySelectorAll('img').length"), 0)
            self.assertEqual(page.dialogs, [])

    def test_cache(self):
        verge = self.start(None, "--data", self.directory(), command="dev", path=self.directory({
            "wrangler.jsonc": '{ "name": "caching", "main": "index.js" }',
            "index.js": """export default { async fetch(request) {
              const key = 'https://cached.example/' + encodeURIComponent(new URL(request.url).search);
              await caches.default.put(key, new Response('body', { headers: { 'Cache-Control': 'max-age=1000', 'Cache-Tag': 'a&<b>' } }));
              return new Response('done');
            } };"""}))
        verge.get("/?1")
        verge.get("/?2")
        verge.get("/?" + quote(HOSTILE))
        entries = "document.querySelectorAll('#panel-cache [role=option]')"
        with browser.page(verge.url + "/cdn-cgi/local/explorer#/cache") as page:
            page.wait_for(f"{entries}.length === 3")
            self.assertIn("fresh", page.evaluate(f"{entries}[1].innerText"))
            page.click("#panel-cache [role=option]")
            facts = page.wait_for("document.querySelector('#panel-cache dl')?.innerText")
            for fact in ("caches.default", "a&<b>", "4 bytes", "memory"):
                self.assertIn(fact, facts)
            # One of them.
            page.evaluate("[...document.querySelectorAll('#panel-cache button')].find((each) => each.innerText === 'Purge this entry').click()")
            page.wait_for(f"{entries}.length === 2")
            page.wait_for("document.querySelector('#message').innerText === 'purged'")
            # By part of the key.
            page.click("[aria-label='Part of a key']")
            page.type("3F2")
            page.wait_for(f"{entries}.length === 1")
            page.evaluate("document.querySelector(\"[aria-label='Part of a key']\").select()")
            page.type("cached")
            page.wait_for(f"{entries}.length === 2")
            # All; only when the question is answered.
            page.evaluate("document.querySelector(\"[aria-label='What to purge']\").value = 'everything'")
            page.click("#panel-cache form button")
            page.wait_for("document.querySelector('#question').open")
            page.click("#question-yes")
            page.wait_for(f"{entries}.length === 0")
            self.assert_clean(page, verge)

    def test_colours(self):
        verge = self.explored()
        seen = set()
        for scheme in ("light", "dark"):
            with browser.page(verge.url + "/cdn-cgi/local/explorer", prefers_color_scheme=scheme) as page:
                page.wait_for("!!document.querySelector('#tab-kv')")
                seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(seen), 2, seen)

    def test_pages_of_others(self):
        """A page of another origin gets nothing from the explorer, nor can it show it in a frame."""
        verge = self.explored()
        other = self.start(handler("return new Response('<p>other</p>', { headers: { 'content-type': 'text/html' } });"))
        with browser.page(other.url) as page:
            page.wait_for("document.readyState === 'complete'")
            api = json.dumps(verge.url + "/cdn-cgi/local/explorer/api/kv/put")
            for options in ("{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } }",
                            "{ method: 'POST', mode: 'no-cors', body: '{\"binding\":\"NS\",\"key\":\"a\",\"text\":\"b\"}' }"):
                page.evaluate(f"fetch({api}, {options}).then((r) => r.text(), String)")
            self.assertEqual(page.evaluate(f"fetch({api}, {{ method: 'POST', headers: {{ 'Content-Type': 'application/json' }} }}).then(() => 'read', () => 'refused')"), "refused")
            page.evaluate("document.body.append(Object.assign(document.createElement('iframe'), { src: "
                          + json.dumps(verge.url + "/cdn-cgi/local/explorer") + ", onload: () => { document.title = 'loaded'; } }))")
            page.wait_for("document.title === 'loaded'")
            self.assertTrue(any("frame-ancestors" in each or "ERR_BLOCKED" in each for each in page.problems), page.problems)
        code, out, _ = run(["kv", "key", "list", "--namespace-id", "ns", "--data", self.data])
        self.assertEqual((code, json.loads(out)), (0, []))
