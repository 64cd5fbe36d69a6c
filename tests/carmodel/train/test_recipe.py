import argparse
from dataclasses import replace

import pytest

from carmodel.train.options import mixture_options
from carmodel.train.recipe import Recipe, recipe_of, recipe_options


def test_the_rate_rises_stays_and_falls():
    recipe = Recipe("lite0", 144, learning_rate=2.0, warm_up=4, fall=0.5)
    rates = [recipe.rate(step, 20) for step in range(20)]
    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[4:11] == [2.0] * 7
    assert rates[15] == pytest.approx(1.0)  # the middle of the cosine, which begins at step 10
    assert rates == sorted(rates[:4]) + sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.1


def test_a_rate_that_falls_all_the_way():
    recipe = Recipe("final", 75, learning_rate=1.0, warm_up=0)
    assert recipe.rate(0, 100) == 1.0
    assert recipe.rate(50, 100) == pytest.approx(0.5)
    assert recipe.rate(100, 100) == pytest.approx(1e-3)


def test_options_are_the_fields():
    plain = Recipe("lite2", 144, batch=48, zoom_out=0.25)
    parser = argparse.ArgumentParser()
    mixture_options(parser)
    recipe_options(parser, plain, without=("seed",))
    assert recipe_of(parser.parse_args([]), plain) == plain
    options = [
        "--batch",
        "8",
        "--fall",
        "0.5",
        "--epoch-steps",
        "7",
        "--share",
        "a=0.25",
        "b=0.5",
        "--leave-out",
        "c:suv",
    ]
    expected = replace(
        plain, batch=8, fall=0.5, epoch_steps=7, shares={"a": 0.25, "b": 0.5}, left_out=("c:suv",)
    )
    assert recipe_of(parser.parse_args(options), plain) == expected
    for wrong in (["--share", "a"], ["--seed", "2"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
