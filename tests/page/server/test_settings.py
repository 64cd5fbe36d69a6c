import gradio as gr

from page.server.guard import Guard
from page.server.settings import UPLOADS, WAITING, settings


def test_files_last_less_than_ten_minutes():
    every, age = UPLOADS
    assert every + age < 600


def test_settings_are_gradios_and_guarded():
    with gr.Blocks() as page:
        pass
    page.queue(max_size=WAITING)
    try:
        page.launch(prevent_thread_lock=True, quiet=True, **settings())
        assert page._queue.max_size == WAITING
        assert page.max_file_size == 40 * 2**20
        assert page.allowed_paths == []
        assert [each.cls for each in page.app.user_middleware].count(Guard) == 1
    finally:
        page.close(verbose=False)
