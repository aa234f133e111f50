"""Writes the NumPy files that npy.cpp's tests read: arange(6) - 1 (or arange(6)) in the shape (2, 3), in all types and orders."""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
signed = np.arange(6).reshape(2, 3) - 1
unsigned = np.arange(6).reshape(2, 3)

for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8"]:
    np.save(here / f"{kind}.npy", signed.astype("<" + kind))
for kind in ["u1", "u2", "u4", "u8", "b1"]:
    np.save(here / f"{kind}.npy", unsigned.astype("<" + kind))
np.save(here / "f8_big_endian.npy", signed.astype(">f8"))
np.save(here / "u2_big_endian.npy", unsigned.astype(">u2"))
np.save(here / "f4_fortran.npy", np.asfortranarray(signed.astype("<f4")))
np.save(here / "i2_fortran_3d.npy", np.asfortranarray(np.arange(24, dtype="<i2").reshape(2, 3, 4)))
np.save(here / "scalar.npy", np.float64(2.5))
np.save(here / "text.npy", np.array(["a", "bc"]))
for version in [2, 3]:
    with open(here / f"version{version}.npy", "wb") as file:
        np.lib.format.write_array(file, signed.astype("<f4"), version=(version, 0))

images = (np.arange(5 * 2 * 2) % 7).reshape(5, 2, 2).astype(np.uint8)
np.savez(here / "stored.npz", x=signed.astype("f4"), y=np.array([1, 0]))
np.savez_compressed(here / "deflated.npz", x_train=images[:4], y_train=np.array([3, 5, 3, 5]), x_test=images[4:],
                    y_test=np.array([5]))
