"""Keys of wrangler's configuration about building and running a project."""

import os
import socket
import time

from e2e.harness import IO_TIMEOUT, Case, handler, run, write_files


def config(*lines):
    return 'name = "project"\nmain = "src/index.js"\n' + "\n".join(lines) + "\n"


class ProjectKeys(Case):
    def project(self, files, *arguments, command="dev"):
        directory = self.directory(files)
        return directory, self.start(None, *arguments, path=directory, command=command)

    def test_define_and_alias(self):
        for command in ("dev", "serve"):
            with self.subTest(command):
                _, verge = self.project({
                    "wrangler.toml": config('[define]\nVERSION = "\\"1.2\\""\n"config.debug" = "false"\n[alias]\n'
                                            '"left-pad" = "./src/pad.js"\n'),
                    "src/index.js": "import pad from 'left-pad';\n" + handler(
                        "return new Response(pad(VERSION) + (config.debug ? ' debug' : ' quiet'));"),
                    "src/pad.js": "export default (text) => '  ' + text;"}, command=command)
                self.assert_response(verge.get(), 200, "  1.2 quiet")

    def test_define_is_not_inherited(self):
        _, verge = self.project({
            "wrangler.toml": config('[define]\nWORD = "\'top\'"\n[env.other.define]\nWORD = "\'other\'"\n'),
            "src/index.js": handler("return new Response(WORD);")}, "--env", "other")
        self.assert_response(verge.get(), 200, "other")

    def test_jsx(self):
        _, verge = self.project({
            "wrangler.toml": 'main = "src/index.jsx"\njsx_factory = "h"\njsx_fragment = "all"\n',
            "src/index.jsx": "const h = (tag, props, ...inner) => `<${tag}>${inner.join('')}</>`;\nconst all = 'all';\n"
                             + handler("return new Response(<><b>x</b></>);")})
        self.assert_response(verge.get(), 200, "<all><b>x</></>")

    def test_tsconfig(self):
        _, verge = self.project({
            "wrangler.toml": 'main = "src/index.ts"\ntsconfig = "conf/ts.json"\n',
            "conf/ts.json": '{ "compilerOptions": { "paths": { "@lib/*": ["../src/lib/*"] } } }',
            "src/lib/a.ts": "export const a: string = 'by path';",
            "src/index.ts": "import { a } from '@lib/a';\n" + handler("return new Response(a);")})
        self.assert_response(verge.get(), 200, "by path")

    def test_minify(self):
        source = ("import { text } from './text';\nfunction speakingName() { return text; }\n"
                  + handler("return new Response(speakingName.name + '|' + speakingName.toString().length);"))
        lengths = {}
        for minify in ("false", "true"):
            _, verge = self.project({"wrangler.toml": f'main = "src/index.ts"\nminify = {minify}\n',
                                     "src/index.ts": source, "src/text.ts": "export const text = 'long enough';"})
            name, length = verge.get().text.split("|")
            self.assertEqual(name, "speakingName")
            lengths[minify] = int(length)
        self.assertLess(lengths["true"], lengths["false"])

    def test_no_bundle(self):
        _, verge = self.project({
            "wrangler.toml": config("no_bundle = true\nfind_additional_modules = true\n"
                                    '[[rules]]\ntype = "ESModule"\nglobs = ["**/*.js"]\n'),
            "node_modules/pkg/index.js": "export default 1;",
            "src/index.js": "import { a } from './deep/a.js';\n" + handler(
                "return new Response(a + (await import('./deep/' + 'b.js')).b);"),
            "src/deep/a.js": "export const a = 'a';", "src/deep/b.js": "export const b = 'b';"})
        self.assert_response(verge.get(), 200, "ab")

    def test_what_wrangler_deploy_writes(self):
        """--dry-run --outdir: one module with its map, and files with names of their content beside it."""
        directory = self.directory({
            "dist/README.md": "This folder contains the built output assets for the worker.",
            "dist/index.js": "import text from './0a4d55a8d778e5022fab701977c5d840bbc486d0-hello.txt';\n"
                             "import mod from './5c8f8e7d-add.wasm';\n"
                             "var src_default = { async fetch() { return new Response(text + typeof mod); } };\n"
                             "export { src_default as default };\n//# sourceMappingURL=index.js.map\n",
            "dist/index.js.map": '{"version":3,"sources":["../src/index.ts"],"names":[],"mappings":""}',
            "dist/0a4d55a8d778e5022fab701977c5d840bbc486d0-hello.txt": "hello ",
            "dist/5c8f8e7d-add.wasm": b"\0asm\1\0\0\0"})
        for path in ("dist", "dist/index.js"):
            for command in ("serve", "dev"):
                verge = self.start(None, path=os.path.join(directory, path), command=command)
                self.assert_response(verge.get(), 200, "hello object")

    def wait_for(self, verge, text):
        deadline = time.monotonic() + IO_TIMEOUT
        while verge.get().text != text:
            self.assertLess(time.monotonic(), deadline, verge.log)
            time.sleep(0.01)

    def test_build_command(self):
        files = {
            "wrangler.toml": 'main = "dist/index.js"\n[build]\ncommand = "sh build.sh"\nwatch_dir = "pages"\n',
            "build.sh": "mkdir -p dist && (echo 'export default { fetch: () => new Response(`'; cat pages/text; "
                        "echo '`) };') | tr -d '\\n' > dist/next && mv dist/next dist/index.js && echo built >&2\n",
            "pages/text": "one"}
        directory, verge = self.project(files)
        self.assert_response(verge.get(), 200, "one")
        write_files(directory, {"pages/text": "two"})
        self.wait_for(verge, "two")
        # One that fails leaves what there is.
        write_files(directory, {"build.sh": "exit 3\n"})
        write_files(directory, {"pages/text": "three"})
        verge.wait_for_log("build.command 'sh build.sh' failed with code 3")
        self.assert_response(verge.get(), 200, "two")
        # For production it has run before.
        serving = self.start(None, path=directory)
        serving.wait_for_log("'build.command' is run by verge dev only")
        self.assert_response(serving.get(), 200, "two")

    def test_a_build_that_fails_at_the_start(self):
        directory = self.directory({"wrangler.toml": 'main = "x.js"\n[build]\ncommand = "echo wrong; exit 1"\n'})
        self.assertIn("verge: build.command 'echo wrong; exit 1' failed with code 1",
                      self.run_to_failure_with_output("dev", directory, "--port", "0"))

    def run_to_failure_with_output(self, *arguments):
        code, _, stderr = run(arguments)
        self.assertEqual(code, 2, stderr)
        return stderr

    def test_dev_section(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        directory = self.directory({"wrangler.toml": config(f'[dev]\nip = "::1"\nport = {port}\ninspector_port = 0\n'),
                                    "src/index.js": handler("return new Response('x');")})
        # The harness's --port wins, the address is the file's.
        verge = self.start(None, path=directory, command="dev")
        self.assertIn("[::1]:", verge.url)
        self.assertNotEqual(verge.port, port)

    def test_variables_of_the_command_line(self):
        _, verge = self.project({"wrangler.toml": config('[vars]\nA = "file"\n'),
                                 "src/index.js": handler("return Response.json([env.A, env.B, env.C]);")},
                                "--var", "A:x=y", "--var", "B=u:v", "--var=C:")
        self.assert_response(verge.get(), 200, '["x=y","u:v",""]')

    def test_what_is_said_of_keys(self):
        _, verge = self.project({
            "wrangler.toml": config("no_bundl = true\nroute = 'x/*'\nworkers_dev = true\n"
                                    "[[queues.producers]]\nqueue = 'q'\nbinding = 'Q'\n[observability]\nenabled = true\n"),
            "src/index.js": handler("return new Response('x');")})
        verge.wait_for_log("wrangler.toml:3:1: unknown key 'no_bundl'; did you mean 'no_bundle'?")
        verge.wait_for_log("'queues' is not acted on yet")
        for quiet in ("observability", "route", "workers_dev"):
            self.assertNotIn(quiet, verge.log)
