import torch

from carmodel.train.augmentation import TrainingPictures
from carmodel.train.command import main as train
from carmodel.train.data import load_frames, read_samples
from carmodel.train.soft_targets import read_soft_targets
from carmodel.train.teacher import SIZE, Lesson, Teacher, main, mirrored_logits
from carmodel.weights import load


def test_a_lesson_is_written_continued_and_learnt_from(class_folders, tmp_path, capsys):
    places = ["--data", str(class_folders), "--cache", str(tmp_path / "frames")]
    lesson = [*places, "--batch", "8", "--epochs", "1", "--views", "2"]
    lesson += ["--checkpoint", str(tmp_path / "teacher.pt"), "--out", str(tmp_path / "soft.safetensors")]
    assert main(lesson) == 0
    frames = load_frames(read_samples(class_folders, ["train"]), tmp_path / "frames")
    taught = read_soft_targets(tmp_path / "soft.safetensors", frames)
    assert taught.logits.shape == (2, 24, 4)

    # The stored answers are the checkpoint's, to the very views that students are shown.
    teacher = Teacher()
    teacher.load_state_dict(torch.load(tmp_path / "teacher.pt", weights_only=True)["teacher"])
    teacher.eval()
    plain = Lesson()
    pictures = TrainingPictures(frames, SIZE, plain.seed, 1, plain.zoom_out, views=2, bare=True)
    with torch.no_grad():
        assert torch.allclose(teacher(pictures[7][0][None])[0], taught.logits[1, 7], atol=1e-4)

    # A finished checkpoint is not trained further, so the same answers are written again.
    assert main(lesson) == 0
    assert read_soft_targets(tmp_path / "soft.safetensors", frames).sha256 == taught.sha256

    # Another lesson may begin where this one ended.
    further = [*lesson, "--start", str(tmp_path / "teacher.pt"), "--learning-rate", "1e-9"]
    further[further.index("--checkpoint") + 1] = str(tmp_path / "further.pt")
    assert main(further) == 0
    kept = torch.load(tmp_path / "further.pt", weights_only=True)["teacher"]
    assert torch.allclose(kept["network._fc.weight"], teacher.network._fc.weight, atol=1e-5)
    taught = read_soft_targets(tmp_path / "soft.safetensors", frames)

    student = [*places, "--size", "75", "--batch", "8", "--epochs", "1", "--device", "cpu"]
    student += ["--out", str(tmp_path / "weights"), "--checkpoint", str(tmp_path / "run.pt")]
    assert train([*student, "--soft-targets", str(tmp_path / "soft.safetensors")]) == 0
    recipe = load("final-75", tmp_path / "weights")[1].training["recipe"]
    assert recipe["soft_targets"] == taught.sha256
    assert train([*student, "--soft-targets", str(tmp_path / "none")]) == 2
    assert "carmodel.train.teacher" in capsys.readouterr().err


def test_answers_are_the_same_for_a_mirror_image(class_folders, tmp_path):
    frames = load_frames(read_samples(class_folders, ["val"]), tmp_path)
    torch.manual_seed(0)
    teacher = Teacher()
    answers = mirrored_logits(teacher, frames)
    flipped = type(frames)(frames.pixels[:, :, :, ::-1], frames.samples, ())
    assert answers.shape == (12, 4)
    assert torch.allclose(mirrored_logits(teacher, flipped), answers, atol=1e-3)


def test_wrong_folder_is_one_sentence(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err
