"""Images as Pillow decodes and resizes them, and as TensorFlow resizes them: images.py OUTPUT_FILE."""
import base64
import io
import json
import sys

import numpy as np
import PIL
import tensorflow as tf
from PIL import Image

rng = np.random.default_rng(5)


def picture(height, width, channels):
    """Something smooth with an edge and a little noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [127 + 100 * np.sin(x / (2 + c) + y / 3) + 20 * (x > width / 2) + rng.normal(0, 3, (height, width)) for c in range(channels)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def encoded(image, **how):
    out = io.BytesIO()
    image.save(out, **how)
    return base64.b64encode(out.getvalue()).decode()


def values(array):
    return [round(float(v), 6) for v in np.asarray(array).ravel()]


files = []
for name, image, how in [
    ("grey png", Image.fromarray(picture(9, 12, 1)[..., 0], "L"), {"format": "PNG"}),
    ("rgb png", Image.fromarray(picture(9, 12, 3), "RGB"), {"format": "PNG"}),
    ("rgba png", Image.fromarray(picture(5, 4, 4), "RGBA"), {"format": "PNG"}),
    ("palette png", Image.fromarray(picture(9, 12, 3), "RGB").quantize(8), {"format": "PNG"}),
    ("black and white png", Image.fromarray(picture(9, 12, 1)[..., 0], "L").convert("1"), {"format": "PNG"}),
    ("rgb jpeg", Image.fromarray(picture(16, 24, 3), "RGB"), {"format": "JPEG", "quality": 95, "subsampling": 0}),
    ("grey jpeg", Image.fromarray(picture(16, 24, 1)[..., 0], "L"), {"format": "JPEG", "quality": 95}),
]:
    bytes_ = encoded(image, **how)
    decoded = Image.open(io.BytesIO(base64.b64decode(bytes_)))
    rgb = decoded.convert("RGB")
    files.append({
        "name": name,
        "bytes": bytes_,
        "height": decoded.height,
        "width": decoded.width,
        "rgb": np.asarray(rgb).ravel().tolist(),
        "grey": np.asarray(rgb.convert("L")).ravel().tolist(),
    })

resized = []
for (h, w, c), (to_h, to_w) in [((9, 12, 3), (4, 5)), ((9, 12, 3), (20, 31)), ((7, 5, 1), (7, 5)), ((16, 24, 1), (8, 8)), ((5, 6, 1), (3, 13))]:
    image = picture(h, w, c)
    case = {"shape": [h, w, c], "to": [to_h, to_w], "image": image.ravel().tolist()}
    for method in ["bilinear", "nearest"]:
        case[method] = values(tf.image.resize(image, (to_h, to_w), method=method))
    case["antialias"] = values(tf.image.resize(image, (to_h, to_w), antialias=True))
    case["pillow"] = values(np.stack(
        [np.asarray(Image.fromarray(image[..., k].astype(np.float32), "F").resize((to_w, to_h), Image.Resampling.BILINEAR)) for k in range(c)],
        -1,
    ))
    resized.append(case)

with open(sys.argv[1], "w") as out:
    json.dump({"tensorflow": tf.__version__, "pillow": PIL.__version__, "files": files, "resized": resized}, out, separators=(",", ":"))
    out.write("\n")
