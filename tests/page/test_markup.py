from page.markup import notice


def test_texts_are_escaped():
    assert notice("<b> & co.") == '<p class="notice" role="alert">&lt;b&gt; &amp; co.</p>'
