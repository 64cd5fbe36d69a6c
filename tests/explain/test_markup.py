import base64
import io
import re

import numpy as np
from PIL import Image

from explain.markup import picture


def decoded(html):
    kind, data = re.search(r'src="data:image/(\w+);base64,([^"]+)"', html).groups()
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.format == kind.upper()
    return image


def test_picture_carries_itself():
    image = Image.effect_noise((30, 20), 50).convert("RGB")
    html = picture(image, "A car", "map", format="PNG")
    np.testing.assert_array_equal(decoded(html).convert("RGB"), image)
    assert 'alt="A car" width="30" height="20"' in html


def test_picture_is_webp_by_default():
    assert decoded(picture(Image.new("RGB", (30, 20), "red"), "", "map")).size == (30, 20)


def test_texts_are_escaped():
    assert 'alt="&quot;&gt;&lt;b&gt;"' in picture(Image.new("RGB", (1, 1)), '"><b>', "map")
