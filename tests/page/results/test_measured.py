def test_sources_are_in_the_order_of_the_page(evaluation):
    assert evaluation.sources == ("truecar", "stanford")
