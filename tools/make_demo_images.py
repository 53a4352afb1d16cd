"""Make the demo pictures of doc/imgs/: a letter, a receipt, an invoice and a screen, with their labels.

    python tools/make_demo_images.py [--output doc/imgs] [--seed 7]

Needs Pillow (extra [train] or [test]) and the Debian packages fonts-liberation and fonts-dejavu-core. All
names, numbers and addresses are invented. label.txt has the format of detection labels (doc/data_formats.md).
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = Path("/usr/share/fonts/truetype")
FACES = {
    "serif": "liberation/LiberationSerif-Regular.ttf",
    "serif-bold": "liberation/LiberationSerif-Bold.ttf",
    "serif-italic": "liberation/LiberationSerif-Italic.ttf",
    "sans": "liberation/LiberationSans-Regular.ttf",
    "sans-bold": "liberation/LiberationSans-Bold.ttf",
    "mono": "liberation/LiberationMono-Regular.ttf",
    "mono-bold": "liberation/LiberationMono-Bold.ttf",
    "ui": "dejavu/DejaVuSans.ttf",
    "ui-bold": "dejavu/DejaVuSans-Bold.ttf",
    "ui-mono": "dejavu/DejaVuSansMono.ttf",
}
Colour = tuple[int, int, int]
BLACK: Colour = (25, 25, 28)


@dataclass
class Page:
    """A picture being drawn (RGB) and what is written on it: (text, quad float32 [4, 2])."""

    width: int
    height: int
    paper: Colour = (255, 255, 255)
    lines: list[tuple[str, np.ndarray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (self.width, self.height), self.paper)
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self, text: str, x: int, y: int, *, face: str, size: int, fill: Colour = BLACK, anchor: str = "ls"
    ) -> None:
        """Write one line; ``anchor`` is Pillow's, ``y`` the baseline."""
        font = ImageFont.truetype(str(FONTS / FACES[face]), size)
        self.draw.text((x, y), text, font=font, fill=fill, anchor=anchor)
        left, top, right, bottom = self.draw.textbbox((x, y), text, font=font, anchor=anchor)
        quad = [[left - 1, top - 1], [right + 1, top - 1], [right + 1, bottom + 1], [left - 1, bottom + 1]]
        self.lines.append((text, np.array(quad, np.float32)))

    def pixels(self) -> np.ndarray:
        """uint8 RGB [H, W, 3]."""
        return np.asarray(self.image)


def letter(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """A typed letter, scanned a little askew."""
    page = Page(1000, 1230, (250, 248, 243))
    page.write("Harbour & Finch Bookbinders", 110, 110, face="serif-bold", size=34)
    page.write("14 Quayside Lane, Port Ellery", 110, 150, face="serif-italic", size=23)
    page.write("Tel. 0555 019 482", 110, 182, face="serif-italic", size=23)
    page.write("9 October 2026", 890, 260, face="serif", size=25, anchor="rs")
    page.write("Dear Ms. Okafor,", 110, 340, face="serif", size=26)
    body = (
        "Thank you for sending us the three volumes of your family's",
        "shipping ledgers. They arrived safely on Tuesday, and we have",
        "now looked at each of them with some care.",
        "",
        "The bindings of volumes I and III can be repaired: the boards are",
        "sound, and only the spines need new leather. Volume II has been",
        "wet at some time, and about forty leaves (pages 212 to 291) must",
        "be washed, dried and sized before they can be sewn again.",
        "",
        "We would charge $1,480.00 for the whole work, of which 25% is",
        "due when we begin. It should take eleven weeks. Would you like",
        'the old title, "Voyages 1871-1894", stamped in gold as before?',
        "",
        "Please write to orders@harbour-finch.example, or call us on any",
        "weekday before 5:30 pm.",
    )
    y = 400
    for text in body:
        if text:
            page.write(text, 110, y, face="serif", size=26)
        y += 40 if text else 24
    page.write("Yours sincerely,", 110, y + 40, face="serif", size=26)
    page.write("Eleanor Finch", 110, y + 110, face="serif-italic", size=30, fill=(40, 50, 110))
    image, lines = turn(page, 0.7, border=(236, 233, 226))
    return scanned(image, rng, noise=5.0), lines


def receipt(rng: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """A till receipt on a table, photographed from the side in uneven light."""
    page = Page(460, 760, (244, 243, 238))
    page.write("CAFE MERIDIAN", 230, 60, face="mono-bold", size=34, anchor="ms")
    page.write("27 Station Road", 230, 96, face="mono", size=21, anchor="ms")
    page.write("VAT No. GB 555 0172 91", 230, 126, face="mono", size=21, anchor="ms")
    page.write("2026-11-14 08:42", 36, 180, face="mono", size=21)
    page.write("Table 6", 424, 180, face="mono", size=21, anchor="rs")
    items = (
        ("2 Flat white", "7.60"),
        ("1 Porridge, honey", "5.25"),
        ("1 Eggs on toast", "8.90"),
        ("3 Orange juice", "11.70"),
        ("1 Almond croissant", "3.45"),
    )
    for row, (name, price) in enumerate(items):
        page.write(name, 36, 236 + 38 * row, face="mono", size=23)
        page.write(price, 424, 236 + 38 * row, face="mono", size=23, anchor="rs")
    page.draw.line([(36, 412), (424, 412)], fill=(90, 90, 90), width=2)
    page.write("TOTAL", 36, 456, face="mono-bold", size=30)
    page.write("GBP 36.90", 424, 456, face="mono-bold", size=30, anchor="rs")
    page.write("Card ************4417", 36, 506, face="mono", size=21)
    page.write("Change 0.00", 36, 538, face="mono", size=21)
    page.write("Receipt #A-20931", 36, 590, face="mono", size=21)
    page.write("Thank you! Come again", 230, 660, face="mono", size=23, anchor="ms")
    page.write("www.cafe-meridian.example", 230, 696, face="mono", size=21, anchor="ms")
    corners = np.array([[150, 60], [655, 95], [690, 930], [75, 900]], np.float32)
    image, lines = photographed(page, corners, size=(760, 1000), rng=rng)
    return image, lines


def invoice(_: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """A ruled table as a program prints it."""
    page = Page(1000, 720)
    page.write("INVOICE", 60, 90, face="sans-bold", size=44, fill=(20, 70, 120))
    page.write("No. 2026/0417", 940, 70, face="sans", size=22, anchor="rs")
    page.write("Date: 03 Nov 2026", 940, 100, face="sans", size=22, anchor="rs")
    page.write("Northlight Instruments Ltd.", 60, 150, face="sans-bold", size=22)
    page.write("Unit 8, Foundry Park, Ashby", 60, 180, face="sans", size=22)
    columns = ((72, "ls"), (180, "ls"), (640, "rs"), (790, "rs"), (928, "rs"))
    rows: Sequence[Sequence[str]] = (
        ("Item", "Description", "Qty", "Unit price", "Amount"),
        ("PX-110", "Pressure sensor, 0-10 bar", "4", "86.50", "346.00"),
        ("CB-025", "Shielded cable, 25 m", "2", "41.20", "82.40"),
        ("MT-3/8", "Mounting bracket 3/8 in", "12", "6.75", "81.00"),
        ("SV-CAL", "Calibration & certificate", "4", "35.00", "140.00"),
    )
    page.draw.rectangle([60, 220, 940, 266], fill=(20, 70, 120))
    for row, cells in enumerate(rows):
        y = 252 + 50 * row
        for (x, anchor), cell in zip(columns, cells):
            face, fill = ("sans-bold", (255, 255, 255)) if row == 0 else ("sans", BLACK)
            page.write(cell, x, y, face=face, size=22, fill=fill, anchor=anchor)
        page.draw.line([(60, y + 14), (940, y + 14)], fill=(150, 150, 155), width=1)
    for x in (60, 165, 570, 655, 805, 940):
        page.draw.line([(x, 220), (x, 466)], fill=(150, 150, 155), width=1)
    totals = (("Subtotal", "649.40"), ("VAT 20%", "129.88"), ("Total EUR", "779.28"))
    for row, (name, amount) in enumerate(totals):
        face = "sans-bold" if row == 2 else "sans"
        page.write(name, 790, 520 + 40 * row, face=face, size=24, anchor="rs")
        page.write(amount, 928, 520 + 40 * row, face=face, size=24, anchor="rs")
    page.write("Payment within 30 days to IBAN XX00 1234 5678 9012 34", 60, 670, face="sans", size=20)
    return page.pixels(), page.lines


def screen(_: np.random.Generator) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """A program's window: light text on dark ground, small print, a button."""
    page = Page(960, 560, (30, 33, 40))
    page.draw.rectangle([0, 0, 960, 46], fill=(47, 52, 63))
    page.write("Backup settings", 24, 31, face="ui-bold", size=18, fill=(230, 233, 240))
    page.write("Help", 936, 31, face="ui", size=16, fill=(140, 180, 250), anchor="rs")
    page.draw.rectangle([0, 46, 210, 560], fill=(37, 41, 50))
    for row, name in enumerate(("Overview", "Schedule", "Folders", "Encryption", "History")):
        fill = (255, 255, 255) if row == 1 else (165, 172, 186)
        page.write(name, 24, 96 + 42 * row, face="ui", size=17, fill=fill)
    rows = (
        ("Run every", "Monday, 02:30"),
        ("Keep versions", "14 days"),
        ("Destination", "/mnt/backup/office-pc"),
        ("Bandwidth limit", "2.5 MB/s"),
    )
    for row, (name, value) in enumerate(rows):
        y = 104 + 56 * row
        page.draw.rectangle([440, y - 25, 920, y + 13], fill=(22, 24, 30), outline=(80, 88, 104))
        page.write(name, 250, y, face="ui", size=17, fill=(205, 210, 220))
        page.write(value, 456, y, face="ui-mono", size=17, fill=(150, 220, 160))
    page.write("Last run: 48,213 files, 3 skipped", 250, 356, face="ui", size=16, fill=(165, 172, 186))
    page.write("Warning: disk is 91% full", 250, 392, face="ui-bold", size=17, fill=(250, 190, 90))
    page.draw.rounded_rectangle([740, 470, 920, 518], radius=8, fill=(64, 120, 220))
    page.write("Save changes", 830, 500, face="ui-bold", size=17, fill=(255, 255, 255), anchor="ms")
    page.write("Cancel", 690, 500, face="ui", size=17, fill=(205, 210, 220), anchor="ms")
    return page.pixels(), page.lines


def turn(page: Page, degrees: float, *, border: Colour) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """The page turned about its centre, with its quads."""
    matrix = cv2.getRotationMatrix2D((page.width / 2, page.height / 2), degrees, 1.0)
    size = (page.width, page.height)
    image = cv2.warpAffine(page.pixels(), matrix, size, flags=cv2.INTER_CUBIC, borderValue=border)
    return image, [(text, cv2.transform(quad[None], matrix)[0]) for text, quad in page.lines]


def photographed(
    page: Page, corners: np.ndarray, *, size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[str, np.ndarray]]]:
    """The page lying on a table with its corners [4, 2] at given places of a picture of ``size`` (w, h)."""
    width, height = size
    flat = np.array([[0, 0], [page.width, 0], [page.width, page.height], [0, page.height]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners)
    warped = cv2.warpPerspective(page.pixels(), matrix, size, flags=cv2.INTER_CUBIC).astype(np.float32)
    white = np.full((page.height, page.width), 255, np.uint8)
    paper = cv2.warpPerspective(white, matrix, size).astype(np.float32)[..., None] / 255
    shadow = cv2.GaussianBlur(np.roll(paper, (10, 14), (0, 1)), (0, 0), 12)[..., None]
    grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 40, sigmaY=1.2)
    table = np.array([132, 96, 66], np.float32) + 45 * (grain / grain.std())[..., None] * 0.35
    image = table * (1 - 0.45 * shadow) * (1 - paper) + warped * paper
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 1.08 - 0.32 * (xs / width) * 0.7 - 0.32 * (ys / height) * 0.6
    image = cv2.GaussianBlur(image * light[..., None], (0, 0), 0.7)
    image += rng.normal(0, 4, image.shape)
    quads = [(text, cv2.perspectiveTransform(quad[None], matrix)[0]) for text, quad in page.lines]
    return np.clip(image, 0, 255).astype(np.uint8), quads


def scanned(image: np.ndarray, rng: np.random.Generator, *, noise: float) -> np.ndarray:
    """Slightly soft and grainy, as a scanner gives it."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.6).astype(np.float32)
    grain = rng.normal(0, noise, image.shape[:2])[..., None]
    return np.clip(soft + grain, 0, 255).astype(np.uint8)


PICTURES = {"letter.jpg": letter, "receipt.jpg": receipt, "invoice.png": invoice, "screen.png": screen}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("doc/imgs"), help="folder to write to")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    labels = []
    for number, (name, make) in enumerate(PICTURES.items()):
        image, lines = make(np.random.default_rng([args.seed, number]))
        Image.fromarray(image).save(args.output / name, quality=82, optimize=True)
        marks = [
            {"transcription": text, "points": np.round(quad).astype(int).tolist()} for text, quad in lines
        ]
        labels.append(f"{name}\t{json.dumps(marks, ensure_ascii=False)}\n")
        print(f"{args.output / name}: {len(lines)} lines of text")
    (args.output / "label.txt").write_text("".join(labels), encoding="utf-8")


if __name__ == "__main__":
    main()
