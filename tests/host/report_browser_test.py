"""Opens sample reports in a real browser: are the charts drawn, is nothing else run or fetched, does
the page fit screen, phone and paper? report_browser_test.py PROGRAM_THAT_WRITES_SAMPLES
Exit code 77: skipped, because there is no chromium or no poppler here."""

import html
import html.parser
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
         "--disable-background-networking --disable-component-update --disable-sync").split()
CHROMIUM = shutil.which("chromium")
SAMPLES = ["usual", "packs", "calm", "one", "bare", "hostile"]
VOID = {"meta", "link", "br", "img", "input", "hr", "path", "circle"}


def browse(page, *flags):
    """Runs the browser on a file with an empty profile; returns (standard output, log)."""
    with tempfile.TemporaryDirectory() as profile:
        run = subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--enable-logging=stderr", *flags,
             page.as_uri()],
            capture_output=True, text=True, errors="replace", timeout=120, check=True)
    return run.stdout, "\n".join(re.findall(r".*CONSOLE.*", run.stderr))


def paper(page, *flags):
    """Prints a page; returns (text, number of pages, page size)."""
    pdf = page.with_suffix(".pdf")
    browse(page, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", *flags)
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True,
                          check=True).stdout
    info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    return text, int(re.search(r"Pages: +(\d+)", info)[1]), re.search(r"Page size: (.*)", info)[1]


class Outline(html.parser.HTMLParser):
    """What a reader without scripts is given: checks that tags nest, keeps the text."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.canvases = [], "", 0

    def handle_starttag(self, tag, attributes):
        self.canvases += tag == "canvas"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            raise AssertionError(f"</{tag}> closes {self.open[-3:]} at {self.getpos()}")
        self.open.pop()

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text += data


def outline(page):
    reader = Outline()
    reader.feed(page.read_text())
    reader.close()
    if reader.open:
        raise AssertionError(f"never closed: {reader.open}")
    return reader


class ReportInABrowser(unittest.TestCase):
    folder = None

    def page(self, name):
        return self.folder / f"{name}.html"

    def altered(self, name, change):
        page = self.folder / f"altered-{name}.html"
        page.write_text(change(self.page(name).read_text()))
        return page

    def test_charts_are_drawn_without_a_complaint(self):
        for name in SAMPLES:
            with self.subTest(name):
                dom, log = browse(self.page(name), "--dump-dom")
                self.assertEqual(log, "")
                self.assertIn('data-charts="drawn"', dom)
                # Every canvas outside of folded rule packs.
                seen = re.sub(r'<details class="pack">.*?</details>', "", dom, flags=re.S)
                canvases = re.findall(r"<canvas [^>]*>", seen)
                for canvas in canvases:
                    self.assertIn('data-drawn="true"', canvas)
                    size = [int(re.search(rf' {side}="(\d+)"', canvas)[1])
                            for side in ("width", "height")]
                    self.assertGreater(min(size), 200, canvas)
                self.assertEqual(len(canvases), {"calm": 0, "one": 3}.get(name, 6))

    def test_names_run_nothing(self):
        dom, _ = browse(self.page("hostile"), "--dump-dom")
        self.assertIn("<title>Margin stress report", dom)
        self.assertNotIn("<img", dom)

    def test_the_policy_stops_foreign_scripts_and_requests(self):
        def intrude(page):
            return page.replace("<main>", "<main><script>document.title = 'owned'</script>"
                                          "<img src='http://198.51.100.1/x.png'>")
        dom, log = browse(self.altered("usual", intrude), "--dump-dom")
        self.assertIn("<title>Margin stress report", dom)
        self.assertRegex(log, "(?i)inline script.*Content Security Policy")
        self.assertRegex(log, r"(?i)198\.51\.100\.1.*Content Security Policy")

    def test_reads_without_scripts(self):
        for name in SAMPLES:
            with self.subTest(name):
                text = outline(self.page(name)).text
                self.assertRegex(text, r"(Of|None of) \d+ accounts")
                self.assertIn("How likely", text)
                self.assertIn("scripts are off", text.replace("\n", " "))

    def test_stands_when_its_scripts_are_refused(self):
        page = self.altered("usual", lambda page: re.sub("script-src [^;]*;", "script-src 'none';",
                                                         page, count=1))
        dom, log = browse(page, "--dump-dom")
        self.assertRegex(log, "(?i)inline script.*Content Security Policy")
        self.assertNotIn("data-charts", re.search("<html[^>]*>", dom)[0])
        text, _, _ = paper(page)
        self.assertIn("could fall below", text)
        self.assertIn("1 in 100 (99 %)", text)
        self.assertNotIn("Reached in 1 of so many scenarios", text)  # an axis of a chart

    def test_prints_with_its_charts(self):
        for name, least, most in [("usual", 5, 10), ("calm", 2, 4), ("bare", 5, 10)]:
            with self.subTest(name):
                text, pages, size = paper(self.page(name))
                self.assertIn("(A4)", size)
                self.assertTrue(least <= pages <= most, pages)
                self.assertIn(f"Page 1 of {pages}", text)
                self.assertRegex(text, r"(Of|None of) 300 accounts")
                self.assertIn("What this page does not know", text)
                self.assertEqual(text.count("Day of first passage"), name != "calm")
                self.assertEqual(text.count("Reached in 1 of so many scenarios"), name != "calm")

    def test_folded_rule_packs_are_unfolded_on_paper(self):
        text, _, _ = paper(self.page("packs"))
        self.assertEqual(text.count("Day of first passage"), 3)
        for pack in (1, 2, 3):
            self.assertIn(f"Rule pack venue {pack}", text)

    def test_nothing_sticks_out_sideways(self):
        widths = [1280, 820, 400]

        def framed(page):  # without the policy, so that the measuring script may run
            page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
            page = page.replace("</body>", "<script>parent.document.body.append(`[${innerWidth} ${"
                                           "document.documentElement.scrollWidth - "
                                           "document.documentElement.clientWidth}]`)</script>")
            return "<!DOCTYPE html><body>" + "".join(
                f'<iframe style="width: {width}px; height: 900px; border: 0" '
                f'srcdoc="{html.escape(page)}"></iframe>' for width in widths)
        for name in SAMPLES:
            with self.subTest(name):
                dom, _ = browse(self.altered(name, framed), "--dump-dom")
                measured = re.findall(r"\[(\d+) (\d+)\]", dom)
                self.assertEqual({int(window) for window, _ in measured}, set(widths))
                self.assertEqual({int(excess) for _, excess in measured}, {0})


if __name__ == "__main__":
    missing = [tool for tool in ("chromium", "pdftotext", "pdfinfo") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} not found, the report was opened in no browser")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.argv[1], scratch], check=True)
        ReportInABrowser.folder = Path(scratch)
        unittest.main(argv=sys.argv[:1], verbosity=2)
