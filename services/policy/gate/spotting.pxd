# Which numbers of `spotting.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef unsigned int _A, _Z, _BLANK, _PLAIN, _TOLD_APART
cdef int _TOLD, _LETTERS


@cython.final
cdef class Codes:
    cdef unsigned int[::1] codes
    cdef int[::1] starts, heads
    cdef int count
    cdef unsigned int largest

    @cython.locals(at=cython.int, code=cython.uint, begins=cython.bint)
    cpdef void _list_starts(self) noexcept

    @cython.locals(low=cython.int, high=cython.int, middle=cython.int)
    cdef int find_start(self, int place) noexcept


@cython.final
cdef class Spotter:
    cdef Trie _words, _anywhere
    cdef int[::1] _ends, _numbers, _pairs
    cdef unsigned char[::1] _first, _beginnings
    cdef bint _has_words, _has_anywhere
    cdef int _count, _told
    cdef unsigned int _least

    @cython.locals(at=cython.int, number=cython.int)
    cpdef int _find(self, Codes text, int start, unsigned char[::1] found) except -2

    @cython.locals(at=cython.int, number=cython.int)
    cpdef void _spot(self, Codes text, unsigned char[::1] found) except *

    @cython.locals(at=cython.int, number=cython.int)
    cpdef list _list(self, unsigned char[::1] found)

    @cython.locals(code=cython.uint, head=cython.int)
    cdef inline bint _may_begin(self, Codes text, int number) noexcept

    @cython.locals(noted=cython.bint)
    cdef bint _note(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(noted=cython.bint, state=cython.int, size=cython.int, blank=cython.bint)
    cdef bint _note_words(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(noted=cython.bint, state=cython.int, size=cython.int)
    cdef bint _note_anywhere(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(at=cython.int)
    cdef inline bint _note_group(self, int group, unsigned char[::1] found) noexcept


@cython.locals(number=cython.int, place=cython.int)
cdef int _read_head(const unsigned int[::1] codes, int at) noexcept

cdef int _letter(unsigned int code) noexcept

cdef bint _is_letter(unsigned int code) noexcept

@cython.locals(character=Py_UCS4)
cdef bint _is_blank(unsigned int code) noexcept
