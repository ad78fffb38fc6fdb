#!/usr/bin/env python3
"""The commands of the documentation run as written: each ```sh block that begins with `# run`."""

import os
import re
import subprocess

from harness import BINARY, OK, SOURCE, Case, environment, main

BLOCK = re.compile(r"^```sh\n# run\n(.*?)^```", re.M | re.S)


class Documents(Case):
    def run_page(self, page):
        blocks = BLOCK.findall((SOURCE / page).read_text())
        self.assertGreater(len(blocks), 0, page)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/brandiron").symlink_to(BINARY)
        environ = {**environment(), "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        for block in blocks:
            with self.subTest(page=page, block=block.splitlines()[0]):
                found = subprocess.run(["bash", "-e", "-c", block], cwd=self.folder, env=environ,
                                       stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                       timeout=900)
                self.assertEqual(found.returncode, OK, f"{block}\n{found.stdout}\n{found.stderr}")

    def test_the_quickstart_runs_as_written(self):
        self.run_page("docs/quickstart.md")

    def test_the_readme_runs_as_written(self):
        self.run_page("README.md")

    def test_the_vendors_page_runs_as_written(self):
        self.run_page("docs/for-vendors.md")

    def test_the_pages_name_every_command(self):
        verbs = re.findall(r"^  (\S+)  ", subprocess.run([BINARY, "--help"], capture_output=True,
                                                        text=True).stdout.split("Subcommands:")[-1], re.M)
        page = (SOURCE / "docs/cli.md").read_text()
        self.assertGreater(len(verbs), 8)
        for verb in verbs:
            self.assertRegex(page, rf"`{verb}\b|, `{verb}`", verb)


if __name__ == "__main__":
    main()
