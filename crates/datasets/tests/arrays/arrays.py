"""Arrays as NumPy writes them, for the readers of `npy` and `npz`.

    pip install "numpy==2.*"
    python arrays.py

Writes images.npz (compressed; channels last), x.npy (big-endian, Fortran order) and y.npy beside itself.
"""

from pathlib import Path

import numpy as np

here = Path(__file__).parent
x = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
y = np.array([[1], [0]], dtype=np.int64)
np.savez_compressed(here / "images.npz", x_train=x, y_train=y, x_test=x[:1] / np.float32(255), y_test=y[:1])
np.save(here / "x.npy", np.asfortranarray(x.transpose(0, 3, 1, 2).astype(">u2")))
np.save(here / "y.npy", y[:, 0].astype(np.uint8))
print("NumPy", np.__version__)
