"""The page of the zoo: what its tables take from code and docstrings, and whether doc/zoo.md still fits."""

import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine import zoo, zoo_page  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
from ppocr_lite.registry import Registry  # noqa: E402

pytestmark = pytest.mark.train
WORDS = """A sentence with ``code`` and a
:class:`~some.Thing` | here. Another one.

Doe et al., "A Title of
Two Lines", CVPR 2019, arXiv:1901.01234, and in text Roe and Poe, "Older", 1999.
"""


@pytest.fixture
def registry():
    made = Registry("shape")

    @made.register("Circle", "Round", task="det")
    @made.register("Circle", task="rec")
    class Circle:
        __doc__ = WORDS
        ignored_params = ("legacy",)

        def __init__(self, in_channels, radius, *, colour="red"):
            pass

    return made


def test_row_of_a_part(registry):
    text = zoo.part_table("Shapes", registry, papers=True)
    assert text.splitlines()[:3] == [
        "### Shapes",
        "",
        "| name | task | parameters | ignored | what it is | paper |",
    ]
    (row,) = text.splitlines()[4:]
    paper = (
        "Doe et al., *A Title of Two Lines*, CVPR 2019, [arXiv:1901.01234](https://arxiv.org/abs/1901.01234)"
    )
    assert row == (
        "| `Circle`, `Round` | det, rec | `radius`, `colour='red'` | `legacy` | "
        f"A sentence with `code` and a `some.Thing` \\| here. | {paper}; Roe and Poe, *Older*, 1999 |"
    )


def test_every_backbone_names_its_paper():
    assert not [name for name in zoo.without_paper() if name.startswith(("backbone", "rectifier"))]


def test_page_fits_the_registries(repo):
    """The rest of the page takes a minute to compare: tools/zoo.py --check."""
    page = (repo / "doc" / "zoo.md").read_text(encoding="utf-8")
    assert page.endswith(zoo.parts_section()), "run: python tools/zoo.py"


def test_page_has_a_measured_row_for_every_configuration(repo):
    times, machine = zoo_page.read_times((repo / "doc" / "zoo.md").read_text(encoding="utf-8"))
    titles = {key.split(" | ")[0].split("`")[1] for key in times}
    files = (repo / "configs").rglob("*.yml")
    assert titles == {f.relative_to(repo / "configs").with_suffix("").as_posix() for f in files}
    assert "onnxruntime" in machine


def test_variant_of_a_quarter_side_counts_like_the_whole():
    """ResNets have no layer whose work does not grow with the pixels."""
    network = zoo.BACKBONES.build({"name": "ResNet_vd", "layers": 18}, task="det", in_channels=3)
    whole = zoo.measure(network, (3, 128, 128))
    row = zoo.variant_row("ResNet_vd", "det", {"layers": 18}, (3, 128, 128))
    assert row[1:] == [
        "det",
        "3 x 128 x 128",
        zoo.thousands(whole.parameters),
        zoo.millions(whole.multiply_adds),
    ]


def network(title, cells=("3 x 2 x 2", "7", "0.1 M"), same_as="a"):
    return zoo_page.Network(title, cells, paddle.nn.Identity(), (3, 2, 2), same_as)


def test_times_are_read_back(monkeypatch):
    monkeypatch.setattr(zoo, "variants_section", lambda: "")
    found = [network("`a/b`"), network("`c` Student")]
    times = {found[0].key: ("1.25", "0.80")}
    text = zoo_page.page(found, times, "a machine, 1.0, today")
    assert zoo_page.read_times(text) == (times, "a machine, 1.0, today")
    assert "| `c` Student | 3 x 2 x 2 | 7 | 0.1 M | - | - |" in text
    assert zoo_page.read_times("some other text") == ({}, "")


def test_equal_networks_are_measured_once(monkeypatch):
    measured = []

    def fake(net):
        measured.append(net.title)
        return ("1", str(len(measured)))

    monkeypatch.setattr(zoo_page, "_milliseconds", fake)
    found = [network("a"), network("b"), network("c", same_as="c"), network("d", ("other", "7", "1 M"))]
    old = {found[2].key: ("9", "9"), "d | 3 x 2 x 2 | 7 | 0.1 M": ("8", "8")}
    times = zoo_page.measured(found, old)
    assert measured == ["a"]
    assert [times[net.key] for net in found] == [("1", "1"), ("1", "1"), ("9", "9"), ("1", "1")]


def test_configurations_that_cannot_be_built_are_named(tmp_path):
    (tmp_path / "bad.yml").write_text("Architecture: {model_type: det, Backbone: {name: Nothing}}\n")
    (tmp_path / "worse.yml").write_text("Architecture: {model_type: xyz}\n")
    with pytest.raises(ConfigError, match=r"(?s)bad\.yml: .*Nothing.*worse\.yml: .*xyz"):
        zoo_page.networks(tmp_path)
