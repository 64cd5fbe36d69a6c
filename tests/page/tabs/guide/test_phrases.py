from carmodel.network import CLASSES
from explain.methods.registry import METHODS
from page import examples
from page.tabs.guide.phrases import SHAPES


def test_every_class_has_a_picture_of_its_own_kind():
    assert tuple(SHAPES) == CLASSES
    for label, (file, *_) in SHAPES.items():
        assert file.startswith(label) and examples.path(file).is_file()


def test_every_method_is_told_alike():
    [topics] = {tuple(method.told) for method in METHODS.values()}
    assert len(topics) >= 2
