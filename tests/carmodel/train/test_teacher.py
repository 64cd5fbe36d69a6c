import math

import pytest
import torch

from carmodel.train.answers import main as answers
from carmodel.train.answers import view_to_answer
from carmodel.train.command import main as train
from carmodel.train.data import DataError, load_frames, read_samples
from carmodel.train.soft_targets import read_soft_targets, view_file
from carmodel.train.teacher import Ensemble, Teacher, main, mirrored_logits, read_teacher
from carmodel.train.views import Style, pictures
from carmodel.weights import load

SHORT = ["--size", "64", "--batch", "8", "--epochs", "1", "--epoch-steps", "2", "--device", "cpu"]


@pytest.fixture(scope="module")
def places(class_folders, tmp_path_factory):
    cache = tmp_path_factory.mktemp("frames")
    return ["--data", str(class_folders), "--cache", str(cache)]


@pytest.fixture(scope="module")
def checkpoints(places, tmp_path_factory):
    """A teacher of each kind after two steps."""
    folder = tmp_path_factory.mktemp("teachers")
    for kind in ("lite0", "lite2"):
        assert main([*places, *SHORT, "--kind", kind, "--checkpoint", str(folder / kind)]) == 0
    return folder / "lite0", folder / "lite2"


@pytest.fixture(scope="module")
def frames(class_folders, places):
    from pathlib import Path

    return load_frames(read_samples(class_folders, ["train"]), Path(places[3]), side=160)


def test_a_finished_teacher_is_left_alone(places, checkpoints):
    before = checkpoints[0].read_bytes()
    assert main([*places, *SHORT, "--kind", "lite0", "--checkpoint", str(checkpoints[0])]) == 0
    assert checkpoints[0].read_bytes() == before


def test_a_lesson_may_begin_where_another_ended(places, checkpoints, tmp_path):
    further = ["--start", str(checkpoints[0]), "--learning-rate", "1e-9"]
    assert main([*places, *SHORT, *further, "--checkpoint", str(tmp_path / "more.pt")]) == 0
    weights = [read_teacher(path).network._fc.weight for path in (tmp_path / "more.pt", checkpoints[0])]
    assert torch.allclose(*weights, atol=1e-5)


def test_teachers_who_are_sure_of_nothing_give_no_labels(places, checkpoints, tmp_path, capsys):
    earlier = ["--earlier", *map(str, checkpoints), "--doubt", "1.01"]
    assert main([*places, *SHORT, *earlier, "--checkpoint", str(tmp_path / "none.pt")]) == 2
    assert "No photo is left to draw" in capsys.readouterr().err
    earlier[-1] = "0"
    assert main([*places, *SHORT, *earlier, "--checkpoint", str(tmp_path / "all.pt")]) == 0
    recipe = torch.load(tmp_path / "all.pt", weights_only=True)["recipe"]
    assert len(recipe["labels"]) == 64


def test_an_ensemble_says_the_mean_of_probabilities(checkpoints):
    both, alone = Ensemble(checkpoints), [read_teacher(path) for path in checkpoints]
    x = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        mean = sum(teacher(x).softmax(1) for teacher in alone) / 2
        assert torch.allclose(both(x).exp(), mean, atol=1e-5)
    assert len(set(both.digests)) == 2 and both.size == 64


def test_features_are_what_the_last_layer_reads(checkpoints):
    teacher = read_teacher(checkpoints[0])
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        features = teacher.features(x)
        assert features.shape == (2, 1280)
        assert torch.allclose(teacher.network._fc(features), teacher(x), atol=1e-4)


def test_answers_are_to_the_very_views_that_students_see(places, checkpoints, frames, tmp_path, capsys):
    asked = [*places, "--teachers", str(checkpoints[0]), "--out", str(tmp_path / "soft"), "--device", "cpu"]
    assert answers([*asked, "--views", "2", "--part", "1", "2"]) == 0
    assert not view_file(tmp_path / "soft", 0).exists()
    stored = view_file(tmp_path / "soft", 1).read_bytes()
    assert answers([*asked, "--views", "2"]) == 0
    assert view_file(tmp_path / "soft", 1).read_bytes() == stored
    taught = read_soft_targets(tmp_path / "soft", frames)
    assert taught.logits.shape == (2, 24, 4)

    views = view_to_answer(1, torch.ones(24, dtype=torch.float64) / 24, Style(0.4, 0.5), seed=1)
    assert (views.seconds == taught.seconds[1]).all()
    with torch.no_grad():
        said = read_teacher(checkpoints[0])(pictures(frames, views[7:9], 64, Style(0.4, 0.5), seed=1))
    # Half precision, and log-probabilities instead of logits.
    assert torch.allclose(said.log_softmax(1), taught.logits[1, 7:9].float(), atol=0.01)

    # Other teachers have other answers, which do not belong beside these.
    asked[asked.index("--teachers") + 1] = str(checkpoints[1])
    assert answers([*asked, "--views", "3"]) == 2
    assert "other photos, teachers or views" in capsys.readouterr().err

    student = [*places, "--size", "75", "--batch", "8", "--epochs", "1", "--device", "cpu"]
    student += ["--out", str(tmp_path / "weights"), "--checkpoint", str(tmp_path / "run.pt")]
    assert train([*student, "--soft-targets", str(tmp_path / "soft")]) == 0
    recipe = load("final-75", tmp_path / "weights")[1].training["recipe"]
    assert recipe["soft_targets"] == taught.sha256
    assert (recipe["zoom_out"], recipe["mixed"], recipe["hidden"]) == (0.4, 0.5, 0.0)
    assert train([*student, "--soft-targets", str(tmp_path / "none")]) == 2
    assert "carmodel.train.answers" in capsys.readouterr().err


def test_answers_are_the_same_for_a_mirror_image(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["val"]), tmp_path)
    torch.manual_seed(0)
    teacher = Teacher("lite0", 64).eval()
    said = mirrored_logits(teacher, frames.pixels, 64)
    assert said.shape == (12, 4)
    assert torch.allclose(mirrored_logits(teacher, frames.pixels[:, :, :, ::-1], 64), said, atol=1e-3)


def test_a_checkpoint_of_a_student_is_no_teacher(places, tmp_path):
    student = [*places, "--size", "75", "--batch", "8", "--epochs", "1", "--device", "cpu"]
    assert train([*student, "--out", str(tmp_path), "--checkpoint", str(tmp_path / "run.pt")]) == 0
    with pytest.raises(DataError, match="is no teacher's"):
        read_teacher(tmp_path / "run.pt")


def test_teachers_of_different_sizes_are_refused(places, checkpoints, tmp_path):
    larger = ["--size", "80", *SHORT[2:], "--checkpoint", str(tmp_path / "larger.pt")]
    assert main([*places, *larger]) == 0
    with pytest.raises(DataError, match="different sizes"):
        Ensemble([checkpoints[0], tmp_path / "larger.pt"])


def test_wrong_folder_is_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_the_mean_of_one_is_itself(checkpoints):
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert math.isclose(Ensemble(checkpoints[:1])(x).exp().sum().item(), 1, rel_tol=1e-5)
