# Which numbers of `clusters.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef int _NUMERAL, _BEGINS, _GOES_ON, _PARTS
cdef unsigned int _FIRST, _LAST, _ZERO, _NINE, _A, _Z, _FIRST_LETTER, _LAST_LETTER


@cython.final
cdef class Clusters:
    cdef Trie _worth
    cdef frozenset _joining, _numerals
    cdef Py_ssize_t _longest_numeral
    cdef const unsigned char[::1] _kinds
    cdef object _weigh

    cpdef object find(self, str text, Py_ssize_t least, bint parted)

    @cython.locals(spans=list, joined=cython.bint, japanese=cython.bint, total=Py_ssize_t, worth=Py_ssize_t,
                   begin=Py_ssize_t, finish=Py_ssize_t, at=Py_ssize_t, end=Py_ssize_t, start=Py_ssize_t, figures=Py_ssize_t,
                   one=Py_ssize_t)
    cpdef object _find(self, str text, const unsigned int[::1] codes, Py_ssize_t least, bint parted)

    @cython.locals(kind=cython.int, size=Py_ssize_t)
    cdef inline Py_ssize_t _measure(self, str text, const unsigned int[::1] codes, Py_ssize_t start, bint parted) except -1

    @cython.locals(state=cython.int, at=Py_ssize_t)
    cdef inline Py_ssize_t _look_up(self, const unsigned int[::1] codes, Py_ssize_t start, Py_ssize_t end) except -1

    cdef inline int _kind(self, unsigned int code) noexcept


cdef bint _is_latin(unsigned int code) noexcept
