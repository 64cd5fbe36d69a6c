import gradio as gr

from page.server.checked import CheckedBlocks
from page.server.guard import Guard
from page.server.settings import WAITING, Access, settings
from page.server.upload_folder import own_uploads
from page.server.uploads import AGE, EVERY


def test_files_last_less_than_ten_minutes():
    assert EVERY + AGE < 600


def test_settings_are_gradios_and_guarded():
    prepared = []
    with own_uploads() as uploads:
        with CheckedBlocks() as page:
            gr.State(3)
        page.queue(max_size=WAITING)
        access = Access(uploads)
        try:
            page.launch(
                prevent_thread_lock=True,
                quiet=True,
                **settings(access, lambda *given: prepared.append(given)),
            )
            assert page._queue.max_size == WAITING
            assert page.max_file_size == 40 * 2**20
            assert page.allowed_paths == []
            assert [each.cls for each in page.app.user_middleware].count(Guard) == 1
            assert prepared == [(page, access)]
            assert " at 0x" not in str(page.config)
        finally:
            page.close(verbose=False)
