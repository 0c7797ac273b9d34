"""Forms and blobs as clients see them: uploads of multipart forms, downloads of blobs, forms that go on to an origin."""

import email
import email.policy
import os
import shutil
import subprocess
import tempfile
import unittest

from e2e.harness import Case, SharedCase

WORKER = """
const describe = async (form) => {
  const entries = [];
  for (const [name, value] of form) {
    if (typeof value === "string") entries.push([name, value]);
    else entries.push([name, value.name, value.type, value.size, (await value.text()).slice(0, 20)]);
  }
  return Response.json(entries);
};
const big = new Blob(["x".repeat(3_000_000), "end"], { type: "text/x" });
const routes = {
  async upload(request) {
    try { return await describe(await request.formData()); }
    catch (e) { return new Response(`${e.name}: ${e.message}`, { status: 400 }); }
  },
  async blob(request) {
    const blob = await request.blob();
    return new Response(blob.slice(-3), { headers: { "x-size": blob.size, "x-type": blob.type } });
  },
  download: () => new Response(big),
  part: () => new Response(big.slice(2_999_999)),
  stream: () => new Response(big.stream()),
  empty: () => new Response(new Blob([])),
  form() {
    const form = new FormData();
    form.append("field", "a\\nb");
    form.append("file", new File(["content"], 'na"me.txt', { type: "text/css" }));
    return new Response(form);
  },
  encoded: () => new Response(new Uint8Array([31, 139, 8, 0]), { headers: { "content-encoding": "gzip" }, encodeBody: "manual" }),
};
export default { fetch: (request) => routes[new URL(request.url).pathname.slice(1)](request) };
"""

FIELD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


class Forms(SharedCase):
    worker = WORKER

    def upload(self, body, boundary="b"):
        return self.verge.post("/upload", body, [("Content-Type", f"multipart/form-data; boundary={boundary}")])

    def test_upload(self):
        content = b"\x00\xff" * 500_000
        body = FIELD + b'--b\r\nContent-Disposition: form-data; name="f"; filename="n.bin"\r\n\r\n' + content + b"\r\n--b--\r\n"
        response = self.upload(body)
        self.assertEqual(response.status, 200, response.text)
        self.assertTrue(response.text.startswith('[["a","1"],["f","n.bin","text/plain",1000000,'), response.text)

    def test_malformed_uploads_are_the_workers_to_answer(self):
        for body in [b"", b"--b", FIELD, FIELD + b"--b", FIELD.replace(b"form-data", b"x") + b"--b--", b"--c--"]:
            with self.subTest(body):
                response = self.upload(body)
                self.assertEqual(response.status, 400)
                self.assertTrue(response.text.startswith("TypeError: "), response.text)

    def test_urlencoded(self):
        response = self.verge.post("/upload", b"a=1&b=%C3%A4+c", [("Content-Type", "application/x-www-form-urlencoded")])
        self.assertEqual(response.text, '[["a","1"],["b","\u00e4 c"]]')

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_upload_by_curl(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "some file.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.write("text of the file")
            done = subprocess.run(
                ["curl", "-sS", "--max-time", "60", "-F", "field=value", "-F", f"upload=@{path};type=text/css",
                 f"http://127.0.0.1:{self.verge.port}/upload"],
                capture_output=True, check=True, timeout=90)
        self.assertEqual(done.stdout.decode(),
                         '[["field","value"],["upload","some file.txt","text/css",16,"text of the file"]]')

    def test_request_blob(self):
        response = self.verge.post("/blob", b"0123456789", [("Content-Type", "Image/PNG")])
        self.assertEqual((response.text, response.header("x-size"), response.header("x-type")), ("789", "10", "image/png"))

    def test_download(self):
        for path, length in [("/download", 3_000_003), ("/part", 4), ("/stream", 3_000_003), ("/empty", 0)]:
            with self.subTest(path):
                response = self.verge.get(path)
                self.assertEqual(response.status, 200)
                self.assertEqual(response.header("content-length"), str(length))
                self.assertEqual(response.body, (b"x" * 3_000_000 + b"end")[3_000_003 - length:])
        self.assertEqual(self.verge.get("/download").header("content-type"), "text/x")
        self.assertIsNone(self.verge.get("/part").header("content-type"))

    def test_form_as_a_response_is_what_other_parsers_read(self):
        response = self.verge.get("/form")
        message = email.message_from_bytes(
            b"Content-Type: " + response.header("content-type").encode() + b"\r\n\r\n" + response.body,
            policy=email.policy.HTTP)
        field, file = message.iter_parts()
        self.assertEqual(field["content-disposition"].params["name"], "field")
        self.assertEqual(field.get_payload(), "a\r\nb")
        self.assertEqual(file["content-disposition"].params["filename"], "na%22me.txt")
        self.assertEqual(file.get_content_type(), "text/css")
        self.assertEqual(file.get_payload(decode=True), b"content")

    def test_a_body_that_is_encoded_already(self):
        response = self.verge.request("GET", "/encoded", [("Accept-Encoding", "gzip")])
        self.assertEqual(response.header("content-encoding"), "gzip")
        self.assertEqual(response.body, bytes([31, 139, 8, 0]))


class BlobMemory(Case):
    def test_blobs_that_are_garbage_do_not_add_up(self):
        verge = self.start("""
          const text = "x".repeat(4 << 20);
          export default { fetch() {
            for (let i = 0; i < 5; i++) new Blob([text]);
            return new Response("done");
          } };
        """, "--cpu-ms", "60000")
        for _ in range(60):
            self.assertEqual(verge.get("/").text, "done")
        self.assertLess(verge.rss_bytes(), 900 << 20)

    def test_blobs_that_are_kept_end_the_worker_not_the_process(self):
        verge = self.start("""
          let kept = [];
          export default { fetch(request) {
            if (request.url.endsWith("/more")) for (;;) kept.push(new Blob(["x".repeat(1 << 20) + kept.length]));
            return new Response("fine");
          } };
        """, "--cpu-ms", "60000")
        self.assertEqual(verge.get("/more").status, 503)
        self.assertEqual(verge.get("/").text, "fine")
        self.assertTrue(verge.alive())


if __name__ == "__main__":
    unittest.main()
