"""Writes data and expected values: make.py OUTPUT_FOLDER [part ...]. See README.md."""
import importlib
import json
import pathlib
import sys
import time
import warnings

import river
import sklearn

PARTS = ["linear", "bayes", "scalers", "metrics", "drift", "trees", "cluster", "recommend", "prequential", "encoders", "text", "batch"]

# Constant columns and narrow bins are meant to be in the data.
warnings.filterwarnings("ignore", category=UserWarning)

here = pathlib.Path(__file__).parent
out = pathlib.Path(sys.argv[1])
parts = sys.argv[2:] or PARTS
(out / "data").mkdir(parents=True, exist_ok=True)
(out / "expected").mkdir(parents=True, exist_ok=True)

sys.path.insert(0, str(here))
import data  # noqa: E402

if not sys.argv[2:]:
    data.write(out / "data")
for part in parts:
    if not (here / f"{part}.py").exists():
        continue
    started = time.time()
    made = importlib.import_module(part).make()
    path = out / "expected" / f"{part}.json"
    text = json.dumps({"river": river.__version__, "sklearn": sklearn.__version__, **made}, separators=(",", ":"), allow_nan=False)
    path.write_text(text + "\n")
    print(f"{path.name}: {len(text) / 1000:.0f} kB, {time.time() - started:.1f} s")
