#!/usr/bin/env python3
"""scripts/install-dependencies with a dpkg-query and an apt-get of our own: it asks apt for exactly
what is missing, and never when nothing is."""
import os
import pathlib
import subprocess
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "install-dependencies"


def install(*arguments, missing=(), apt_code=0):
    """(exit code, what apt-get was asked) where `missing` packages are absent."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "asked"
        log.touch()
        programs = {
            "dpkg-query": f'for last; do :; done\ncase " {" ".join(missing)} " in\n'
                          '*" $last "*) exit 1 ;;\nesac\nprintf installed\n',
            "apt-get": f'echo "$@" >>{log}\nexit {apt_code}\n',
            "sudo": 'exec "$@"\n',
        }
        for name, text in programs.items():
            program = pathlib.Path(folder) / name
            program.write_text("#!/bin/sh\n" + text)
            program.chmod(0o755)
        done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False,
                              env={**os.environ, "PATH": f"{folder}:/usr/bin:/bin"})
        return done.returncode, log.read_text().splitlines()


def main():
    for arguments in ((), ("--test",), ("--bench",)):
        assert install(*arguments) == (0, []), "apt was asked though nothing was missing"
    code, asked = install(missing=["libfmt-dev", "cmake", "chromium"])
    assert code == 0 and asked[0].startswith("update"), asked
    assert asked[1].split()[-2:] == ["cmake", "libfmt-dev"], asked
    assert len(asked) == 2 and "chromium" not in asked[1], "a test package without --test"
    code, asked = install("--test", missing=["chromium"])
    assert code == 0 and asked[1].split()[-1] == "chromium", asked
    for arguments, wanted in ((("--test",), False), (("--bench",), True)):
        code, asked = install(*arguments, missing=["libeigen3-dev"])
        assert code == 0 and bool(asked) == wanted, "peers are for --bench alone"
    assert install(missing=["cmake"], apt_code=100)[0] != 0, "a failed apt-get passed unnoticed"
    assert install("--tests") == (2, []), "an unknown argument"
    print("apt is asked for what is missing and for nothing else")


if __name__ == "__main__":
    main()
