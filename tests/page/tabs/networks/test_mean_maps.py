import base64
import io
import re
from dataclasses import replace

import numpy as np
from PIL import Image

from page.tabs.networks.mean_maps import block


def test_grid_of_every_method_network_and_class(survey):
    html = block(survey)
    assert html.count("<img") == 3 * 3 * 4  # of trucks there are none
    assert "Truck" not in html and html.count("<span>Coupe</span>") == 3
    assert html.count("SHAP, 75 px, SUV: 100 % of the weight in the centre, 0 % in the upper left.") == 1


def test_picture_shows_the_weight(survey):
    data = re.search(r'src="data:image/webp;base64,([^"]*)"', block(survey))[1]
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    opacity = np.asarray(image.convert("RGBA"))[..., 3]
    assert image.size == (75, 75)
    assert opacity[37, 37] > 200 and opacity[5, 5] < 10


def test_finding_and_missing_groups(survey):
    assert "holds 100&nbsp;% of the SHAP weight of 75&nbsp;px" in block(survey)
    less = {key: map for key, map in survey.maps.items() if key != ("shap", "100", "suv")}
    assert block(replace(survey, maps=less)).count("too few") == 1
