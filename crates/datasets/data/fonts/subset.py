"""Cuts the fonts that synthetic letters are drawn with down to A-Z, a-z and 0-9.

    npm install @fontsource/oswald@5.3.0 @fontsource/caveat@5.3.0 @fontsource/roboto-slab@5.3.0 @fontsource/courier-prime@5.3.0
    pip install fonttools brotli
    python subset.py node_modules/@fontsource

The outlines are those of the packages; hints, kerning and all other characters go.
"""

import pathlib
import string
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

FONTS = {
    "Oswald": "oswald/files/oswald-latin-400-normal.woff2",
    "Caveat": "caveat/files/caveat-latin-700-normal.woff2",
    "RobotoSlab": "roboto-slab/files/roboto-slab-latin-400-normal.woff2",
    "CourierPrime": "courier-prime/files/courier-prime-latin-700-normal.woff2",
}

packages, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
for name, file in FONTS.items():
    font = TTFont(packages / file)
    options = subset.Options(hinting=False, layout_features=[], name_IDs=["*"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=string.ascii_letters + string.digits)
    cutter.subset(font)
    font.flavor = None
    # So that the same input gives the same bytes.
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(here / f"{name}.ttf")
    license = (packages / file).parent.parent / "LICENSE"
    (here / f"{name}-LICENSE").write_bytes(license.read_bytes())
    print(name, (here / f"{name}.ttf").stat().st_size, "bytes")
