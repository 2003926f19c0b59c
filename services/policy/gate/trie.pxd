# Which numbers of `trie.py` are the machine's own where it is compiled.
cimport cython

cdef int _PLAIN


@cython.final
cdef class Trie:
    cdef int[::1] firsts, codes, states, beginnings
    cdef readonly int[::1] whole, begun

    @cython.locals(low=cython.int, high=cython.int, middle=cython.int, end=cython.int)
    cpdef int step(self, int state, int code) noexcept
