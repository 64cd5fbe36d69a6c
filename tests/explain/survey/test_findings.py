import pytest

from carmodel.network import CLASSES
from explain.survey import findings
from explain.survey.findings import gather
from explain.survey.records import Record, SurveyError, record_path, write_record


@pytest.fixture
def folder(tmp_path, samples, maps_record):
    """Records of four photos, each called a sedan; of the second also stability, and the third unreadable."""
    for number, deletion in ((1, 0.2), (2, 0.4), (4, 0.9)):
        write_record(record_path(tmp_path, number, "maps"), maps_record("sedan", deletion, density=number))
    stable = {"network": "100", "method": "shap", "stability": 0.7}
    write_record(record_path(tmp_path, 2, "stability"), Record((stable,), {"stability, shap": 3.0}))
    for part in ("maps", "stability"):
        write_record(record_path(tmp_path, 3, part), Record((), {}))
    return tmp_path


def test_rows_join_the_parts_of_a_photo_and_know_its_class_and_source(folder, samples):
    found = gather(folder, samples)
    assert len(found.rows) == 3 * 9
    by_name = {(row["number"], row["network"], row["method"]): row for row in found.rows}
    assert len(by_name) == 27
    second = by_name[2, "100", "shap"]
    assert (second["class"], second["source"], second["right"]) == ("sedan", "b", True)
    assert (second["stability"], second["deletion"]) == (0.7, 0.4)
    assert "stability" not in by_name[2, "75", "shap"]
    assert (by_name[4, "75", "shap"]["class"], by_name[4, "75", "shap"]["right"]) == ("truck", False)


def test_curves_are_means_and_seconds_are_listed(folder, samples):
    found = gather(folder, samples)
    orders = ("gradcam", "integrated_gradients", "shap", "random", "gaussian")
    assert list(found.curves) == [
        (network, order) for network in ("75", "100", "average") for order in orders
    ]
    for pair in found.curves.values():
        assert pair.shape == (2, 51)
        assert pair == pytest.approx((0.2 + 0.4 + 0.9) / 3)
    assert found.seconds == {"curves": pytest.approx((2.2, 2.4, 2.9)), "stability, shap": (3.0,)}


def test_mean_maps_are_of_enough_photos_only(folder, samples, monkeypatch):
    assert findings.LEAST_PHOTOS == 20
    assert gather(folder, samples).maps == {}
    monkeypatch.setattr(findings, "LEAST_PHOTOS", 2)
    maps = gather(folder, samples).maps
    assert {key[2] for key in maps} == {"all", "sedan", "b"}  # of source a there is one, of others none
    assert len(maps) == 9 * 3
    assert maps["shap", "75", "all"] == pytest.approx((1 + 2 + 4) / 3)
    assert maps["shap", "75", "b"] == pytest.approx((2 + 4) / 2)


def test_maps_go_to_their_own_network_and_method(tmp_path, samples, maps_record, monkeypatch):
    monkeypatch.setattr(findings, "LEAST_PHOTOS", 1)
    record = maps_record("suv", 0.5)
    record.arrays["maps"][2, 1] = record.arrays["curves"][2, 1] = 7  # the average's Integrated Gradients
    write_record(record_path(tmp_path, 1, "maps"), record)
    found = gather(tmp_path, samples[:1])
    assert [key for key, pair in found.curves.items() if pair.max() == 7] == [
        ("average", "integrated_gradients")
    ]
    maps = found.maps
    assert [key for key, each in maps.items() if each.max() == 7] == [
        ("integrated_gradients", "average", group) for group in ("all", "suv", "a")
    ]
    assert CLASSES[samples[0].label] == "sedan"  # the group is the class explained, not the true one


def test_no_photo_that_can_be_read_is_an_error(tmp_path, samples):
    write_record(record_path(tmp_path, 1, "maps"), Record((), {}))
    with pytest.raises(SurveyError, match="None of the photos can be read"):
        gather(tmp_path, samples[:1])
