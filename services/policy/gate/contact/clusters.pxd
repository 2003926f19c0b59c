# Which numbers of `clusters.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef int _FIRST, _LAST, _NUMERAL, _BEGINS, _GOES_ON, _PARTS


@cython.final
cdef class Clusters:
    cdef Trie _worth
    cdef frozenset _joining, _numerals
    cdef Py_ssize_t _longest_numeral
    cdef const unsigned char[::1] _kinds
    cdef object _weigh

    @cython.locals(spans=list, joined=cython.bint, japanese=cython.bint, total=Py_ssize_t, worth=Py_ssize_t,
                   begin=Py_ssize_t, finish=Py_ssize_t, at=Py_ssize_t, end=Py_ssize_t, start=Py_ssize_t, figures=Py_ssize_t,
                   one=Py_ssize_t)
    cpdef object find(self, str text, Py_ssize_t least, bint parted)

    @cython.locals(kind=cython.int, size=Py_ssize_t)
    cdef inline Py_ssize_t _measure(self, str text, Py_ssize_t start, Py_ssize_t end, bint parted) except -1

    @cython.locals(state=cython.int, at=Py_ssize_t)
    cdef inline Py_ssize_t _look_up(self, str text, Py_ssize_t start, Py_ssize_t end) except -1

    @cython.locals(code=cython.int)
    cdef inline int _kind(self, Py_UCS4 character) noexcept


cdef bint _is_latin(Py_UCS4 character) noexcept
