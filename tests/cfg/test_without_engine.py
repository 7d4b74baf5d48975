"""The cfg tools are pure Python: they work where the engine is not built."""

from __future__ import annotations

from small_networks import RunPython

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name in ("pydarknet._engine", "cffi", "_cffi_backend"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
"""

PROGRAM = """
from pydarknet import cfg
document = cfg.zoo.build("yolov4-tiny")
cfg.for_classes(document, 3)
cfg.set_size(document, 608, 608)
cfg.set_batch(document, 8, 2)
assert not [one for one in cfg.lint(document) if one.severity == "error"]
assert cfg.infer(document).classes == 3
assert cfg.diff(document, cfg.zoo.build("yolov4-tiny"))
cfg.draw(document, "x.svg")
cfg.draw(document, "x.png")
document.write("x.cfg")
from pydarknet.cli import main
assert main(["cfg", "lint", "x.cfg"]) == 0
assert main(["cfg", "summary", "x.cfg"]) == 0
assert main(["cfg", "cut", "x.cfg", "29", "-o", "y.cfg"]) == 0
assert main(["cfg", "diff", "x.cfg", "y.cfg"]) == 1
try:
    from pydarknet import Network
except ImportError:
    print("done")
"""


def test_everything_works_with_the_engine_blocked(run_python: RunPython) -> None:
    done = run_python("-c", BLOCKED + PROGRAM)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[-1] == "done"


def test_importing_does_not_load_the_engine(run_python: RunPython) -> None:
    code = "import sys, pydarknet.cfg; print([m for m in sys.modules if 'engine' in m])"
    done = run_python("-c", code)
    assert done.stdout == b"[]\n", done.stderr.decode()
