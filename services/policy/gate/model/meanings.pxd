# Which numbers of `meanings.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie


@cython.final
cdef class Meanings:
    cdef readonly tuple names
    cdef readonly int most, nothing
    cdef readonly int[::1] concepts
    cdef Trie words, runs

    @cython.locals(state=cython.int, stem=cython.int, at=cython.int)
    cpdef int mean_word(self, const int[::1] edged, int size) noexcept

    @cython.locals(state=cython.int, size=cython.int, at=cython.int)
    cpdef int measure_run(self, const int[::1] codes, int start, int end) noexcept

    @cython.locals(state=cython.int, at=cython.int)
    cpdef int mean_run(self, const int[::1] codes, int start, int size) noexcept
