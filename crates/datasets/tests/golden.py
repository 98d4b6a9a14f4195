"""Computes the golden values of the tests from the definitions alone (Python 3, no packages).

The order in `src/order.rs`: ChaCha8 keyed with SHA-256 of the seed (8 bytes, little-endian) and the stream's name;
64-bit draws from two words, the low one first; Lemire's bounded draw; Fisher and Yates' shuffle from the back.

The checksums in `tests/embedded.rs`: SHA-256 over the class names, each behind its length, and for each split over
N, C, H, W, the pixels and the labels; every number as 64-bit little-endian.
"""
import gzip
import hashlib
import pathlib
import struct

M = 0xFFFFFFFF


def quarter(s, a, b, c, d):
    for x, y, z, r in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & M
        s[z] ^= s[x]
        s[z] = ((s[z] << r) | (s[z] >> (32 - r))) & M


def words(key):
    counter = 0
    while True:
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key)]
        start += [counter & M, counter >> 32, 0, 0]
        s = start[:]
        for _ in range(4):
            for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
                quarter(s, *q)
            for q in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
                quarter(s, *q)
        yield from ((x + y) & M for x, y in zip(s, start))
        counter += 1


def below(bound, stream):
    while True:
        draw = next(stream) | next(stream) << 32
        product = draw * bound
        if product % 2**64 >= 2**64 % bound:
            return product >> 64


stream = words(hashlib.sha256((1).to_bytes(8, "little") + b"order/epoch0").digest())
order = list(range(10))
for last in range(9, 0, -1):
    other = below(last + 1, stream)
    order[last], order[other] = order[other], order[last]
print(order)


def checksum(folder, classes):
    data = pathlib.Path(__file__).parent.parent / "data" / folder
    digest = hashlib.sha256(struct.pack("<Q", len(classes)))
    for name in classes:
        digest.update(struct.pack("<Q", len(name)) + name.encode())
    for split in ("train", "test"):
        images = gzip.decompress((data / f"{split}-images-idx3-ubyte.gz").read_bytes())
        labels = gzip.decompress((data / f"{split}-labels-idx1-ubyte.gz").read_bytes())
        n, h, w = struct.unpack(">3I", images[4:16])
        digest.update(struct.pack("<4Q", n, 1, h, w) + images[16:])
        digest.update(struct.pack(f"<{n}Q", *labels[8:]))
    return digest.hexdigest()


CLOTHES = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
print(checksum("fashion-mnist-10k", CLOTHES))
print(checksum("digits", list("0123456789")))
