import base64
import io
import re

import numpy as np
from markupsafe import Markup
from PIL import Image

from carmodel.ood import Cue
from explain.report.markup import doubt, picture, repeated, written


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
    assert 'alt="&#34;&gt;&lt;b&gt;"' in picture(Image.new("RGB", (1, 1)), '"><b>', "map")


def test_what_is_no_markup_is_written_as_text():
    assert written("<b>") == written(Markup("&lt;b&gt;")) == "&lt;b&gt;"
    assert type(written(Markup("<b>"))) is str


def test_template_is_repeated_for_each_value():
    assert repeated(Markup("<i>{}</i>"), ("<", Markup("<b>"), 3)) == "<i>&lt;</i><i><b></i><i>3</i>"


def test_doubt_is_only_about_what_looks_like_no_car():
    assert doubt(None) == doubt(Cue(1.0, threshold=1.5)) == ""
    assert doubt(Cue(1.8, threshold=1.5)).startswith('<p class="doubt">This may not be a photo of a car')
