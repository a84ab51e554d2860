"""Extracts the library of the archive that it is started from, or of another
that is named, and loads it; a changed one doesn't load."""
import ctypes
import sys
import zipfile


def load(name, library):
    with open(name, "wb") as file:
        file.write(library)
    native = ctypes.CDLL(name).native_name
    native.restype = ctypes.c_char_p
    return native().decode()


archive = sys.argv[1] if len(sys.argv) > 1 else sys.argv[0]
library = zipfile.ZipFile(archive).read("libnative.so")
print(load("/tmp/libnative.so", library))
try:
    load("/tmp/liboriginal.so", library.replace(b"original", b"Original"))
    print("ran")
except OSError:
    print("refused")
