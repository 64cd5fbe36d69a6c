import gradio as gr

from carmodel.registry import NetworkFile
from page.tabs.compare import tab as compare_tab


def built(fake, unusable=()):
    with gr.Blocks() as page:
        session = gr.State(None)
        follower, handle = compare_tab.build([fake], unusable, [session], {"concurrency_id": "explain"})
    return page, follower, handle


def test_every_network_can_be_chosen(fake):
    _, follower, handle = built(fake)
    method, *networks = follower.inputs
    assert [value for _, value in method.choices] == ["gradcam", "integrated_gradients", "shap"]
    for each in networks:
        assert each.choices == [("75 px", "final-75"), ("100 px", "final-100")]
    assert [each.value for each in networks] == ["final-75", "final-100", "final-75"]
    assert list(handle.members) == ["final-75", "final-100"]
    assert len(follower.outputs) == 5


def test_its_events_are_private_and_share_the_queue(fake):
    page, *_ = built(fake)
    computing = [each for each in page.fns.values() if each.fn is not None]
    assert len(computing) == 6
    assert {(each.concurrency_id, each.api_visibility) for each in computing} == {("explain", "private")}


def test_networks_that_cannot_be_used_are_named_with_the_reason(fake):
    reasons = [NetworkFile("mine-75", None, "It is <damaged>."), NetworkFile("old.pt", None, "Convert it.")]
    page, *_ = built(fake, reasons)
    [said] = [each.value for each in page.blocks.values() if "left-out" in str(getattr(each, "value", ""))]
    assert "2 networks in the folder cannot be used" in said
    assert "<b>mine-75</b> It is &lt;damaged&gt;." in said and "<b>old.pt</b> Convert it." in said
    assert "left-out" not in str([getattr(each, "value", "") for each in built(fake)[0].blocks.values()])
