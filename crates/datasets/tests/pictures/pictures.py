"""Images of kinds that the `image` crate does not write, and what Pillow reads from them.

    pip install pillow==13.*
    python pictures.py

Writes palette.png, cmyk.jpg and cmyk.txt beside itself.
"""

from pathlib import Path

from PIL import Image, __version__

here = Path(__file__).parent

palette = Image.new("P", (2, 1))
palette.putpalette([250, 20, 30, 10, 130, 240])
palette.putdata([0, 1])
palette.save(here / "palette.png")
print("palette", [Image.open(here / "palette.png").convert("RGB").getpixel((x, 0)) for x in range(2)])

Image.new("CMYK", (16, 8), (200, 40, 90, 60)).save(here / "cmyk.jpg", quality=100, subsampling=0)
seen = Image.open(here / "cmyk.jpg").convert("RGB").getpixel((0, 0))
(here / "cmyk.txt").write_text(str(list(seen)) + "\n")
print("cmyk", seen, "Pillow", __version__)
