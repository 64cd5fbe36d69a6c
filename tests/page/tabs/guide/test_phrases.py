from carmodel.network import CLASSES
from explain.door import METHODS
from page import examples
from page.tabs.guide.words import METHODS_TOLD, SHAPES


def test_every_class_has_a_picture_of_its_own_kind():
    assert tuple(SHAPES) == CLASSES
    for label, (file, *_) in SHAPES.items():
        assert file.startswith(label) and examples.path(file).is_file()


def test_every_method_is_told_alike():
    assert set(METHODS_TOLD) == set(METHODS)
    assert len({tuple(told) for told in METHODS_TOLD.values()}) == 1
