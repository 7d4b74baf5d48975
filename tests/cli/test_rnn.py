"""``pydarknet rnn train``, ``generate`` and ``valid``."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from training.test_text_training import TEXT, chars_cfg

from pydarknet.cli import main


def run(capfdbinary: pytest.CaptureFixture[bytes], *words: object) -> tuple[int, bytes, str]:
    status = main([str(word) for word in words])
    out, err = capfdbinary.readouterr()
    return status, out, err.decode()


def test_train_generate_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.txt").write_bytes(TEXT)
    cfg = chars_cfg(tmp_path, max_batches=150, rate=0.02)
    status, out, err = run(capfdbinary, "rnn", "train", cfg, "-file", "x.txt", "-srand", "3",
                           "--eval-every", "75", "--precision", "f32")  # fmt: skip
    assert (status, out) == (0, b"finished after 150 iterations, files in backup\n")
    assert re.search(r"iteration 150: likelihood \d+\.\d\d%, nats \d\.\d+, bits", err)
    model = (cfg, "backup/chars_final.weights")

    words = ("rnn", "generate", *model, "-len", "40", "-srand", "1", "-seed", "the quick ")
    status, first, err = run(capfdbinary, *words, "-temp", "0")
    assert (status, err) == (0, "")
    assert first.startswith(b"the quick ")
    assert len(first) == 10 + 40 + 1
    assert all(
        first[at : at + 2] in TEXT for at in range(len(first) - 2)
    )  # as letters follow there
    hot = [run(capfdbinary, *words, "-temp", "2")[1] for _ in range(2)]
    assert hot[0] == hot[1] != first

    status, out, _ = run(capfdbinary, "rnn", "valid", *model, "-file", "x.txt")
    line = out.decode()
    number = r"\d+\.\d{4}"
    assert re.fullmatch(
        rf"320 BPC: {number}   Perplexity: {number}    Word Perplexity: {number}   "
        r"Accuracy: \d+\.\d\d%\n",
        line,
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    assert run(capfdbinary, "rnn", "valid", *model)[1].decode() == line


def test_on_with_weights_and_resume(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "x.txt").write_bytes(TEXT)
    folder = tmp_path / "run"
    words = ("-file", tmp_path / "x.txt", "--run-dir", folder, "-q")
    assert run(capfdbinary, "rnn", "train", chars_cfg(tmp_path, max_batches=2), *words)[0] == 0
    longer = chars_cfg(tmp_path, max_batches=4)
    status, out, _ = run(capfdbinary, "rnn", "train", longer, folder / "chars_last.weights", *words)
    assert (status, out) == (0, f"finished after 4 iterations, files in {folder}\n".encode())
    assert run(capfdbinary, "rnn", "train", "--resume", folder, "-q")[0] == 0


def test_mistakes(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    cfg = chars_cfg(tmp_path)
    for words, status, message in (
        (("rnn",), 2, "rnn: expected generate, train or valid"),
        (("rnn", "trian", cfg), 2, "did you mean train?"),
        (("rnn", "vec", cfg), 1, "not in this version"),
        (("rnn", "train"), 2, "expected x.cfg, or x.cfg x.weights"),
        (("rnn", "train", cfg, "-file", tmp_path / "none.txt"), 1, "none.txt: No such file"),
        (("rnn", "train", cfg, "-tokenized"), 1, "byte by byte only"),
        (("rnn", "generate", cfg), 2, "expected x.cfg x.weights"),
        (("rnn", "generate", cfg, "x.weights", "-len", "-1"), 2, "--len"),
        (("rnn", "generate", cfg, "x.weights", "-temp", "-1"), 2, "--temp"),
        (("rnn", "generate", cfg, tmp_path / "none.weights"), 1, "none.weights: No such file"),
    ):
        found, out, err = run(capfdbinary, *words)
        assert (found, out) == (status, b""), words
        assert message in err
        assert "Traceback" not in err
