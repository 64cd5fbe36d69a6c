import pytest
import torch

from carmodel.frame import FRAME
from carmodel.network import CarNet
from carmodel.photo import block_means
from explain.evidence.occlusion import covered_logits
from explain.methods.integrated_gradients import REFERENCE_FRAMES


@pytest.mark.parametrize(("size", "side"), [(75, 75), (75, 100), (100, 100), (100, 75), (75, 60), (100, 10)])
def test_covers_cells_of_the_frame_whatever_pixels_the_network_has(size, side):
    torch.manual_seed(0)
    network = CarNet(size).eval()
    network.head.fc3.weight.data.mul_(30)  # else random weights answer everything alike
    frame = torch.rand(3, FRAME, FRAME)
    covered = torch.rand(2, 3, side * side) < 0.4
    (photo, filled), logits = covered_logits(network, frame, "mean", covered)
    fill = REFERENCE_FRAMES["mean"](frame)
    with torch.no_grad():
        for one, picture in ((photo, frame), (filled, fill)):
            torch.testing.assert_close(one, network(block_means(picture, size)[None]), atol=0.02, rtol=0.01)
        for line in range(2):
            for point in range(3):
                mask = covered[line, point].reshape(side, side)
                mask = mask.repeat_interleave(FRAME // side, 0).repeat_interleave(FRAME // side, 1)
                picture = torch.where(mask, fill, frame)
                expected = network(block_means(picture, size)[None])[0]
                torch.testing.assert_close(logits[line, point], expected, atol=0.02, rtol=0.01)
    assert logits.std() > 0.05  # the tolerance could hide a mistake otherwise


def test_two_networks_answer_with_their_mean():
    torch.manual_seed(0)
    networks = [CarNet(75).eval(), CarNet(100).eval()]
    frame, covered = torch.rand(3, FRAME, FRAME), torch.rand(2, 100 * 100) < 0.5
    _, both = covered_logits(networks, frame, "blur", covered)
    single = [covered_logits(network, frame, "blur", covered)[1] for network in networks]
    torch.testing.assert_close(both, (single[0] + single[1]) / 2)


def test_unknown_fill_is_one_sentence():
    with pytest.raises(ValueError, match="no fill 'white'"):
        covered_logits(CarNet(75), torch.rand(3, FRAME, FRAME), "white", torch.ones(1, 75 * 75) > 0)
