# Which numbers of `trie.py` are the machine's own where it is compiled.
cimport cython

cdef unsigned long long _SPREAD, _ALL_64
cdef long long _CHARACTERS


@cython.final
cdef class Trie:
    cdef int shift
    cdef unsigned long long mask
    cdef long long[::1] keys
    cdef int[::1] states
    cdef readonly int[::1] whole, begun

    @cython.locals(key=cython.longlong, at=cython.ulonglong)
    cpdef int step(self, int state, int code) noexcept
