"""The table of what a model took from a file."""

from ppocr_lite.weights.report import SHOWN, LoadReport, shortened


def test_table_counts_and_names():
    report = LoadReport(
        ["a", "b"], ["c"], [f"x{i}" for i in range(SHOWN + 3)], {"long.name": ([2], [3, 1]), "d": ([1], [2])}
    )
    lines = report.table().splitlines()
    assert lines[:4] == [
        "  matched           2",
        "  missing           1  in the model, not in the file",
        "      c",
        "  left over        11  in the file, not in the model",
    ]
    assert lines[4 + SHOWN] == "      ... and 3 more"
    assert lines[-3:] == [
        "  other shape       2",
        "      long.name  file [2], model [3, 1]",
        "      d          file [1], model [2]",
    ]


def test_complete_means_that_the_model_lacks_nothing():
    assert LoadReport(["a"], [], ["left.over"], {}).complete
    assert not LoadReport(["a"], ["b"]).complete
    assert not LoadReport(["a"], mismatched={"b": ([1], [2])}).complete


def test_shortened():
    assert shortened(["a", "b"], 2) == ["a", "b"]
    assert shortened(["a", "b", "c"], 1) == ["a", "... and 2 more"]
