# Which numbers of `spotting.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef unsigned int _A, _Z, _BLANK, _PLAIN
cdef int _WORD, _ANYWHERE, _TOLD, _LETTERS


@cython.final
cdef class Spotter:
    cdef Trie _words, _anywhere
    cdef int[::1] _first, _ends, _numbers
    cdef const unsigned char[::1] _beginnings
    cdef bint _has_words, _has_anywhere
    cdef int _count

    @cython.locals(at=cython.int)
    cpdef int _find(self, const unsigned int[::1] codes, int start, unsigned char[::1] found) except -2

    @cython.locals(at=cython.int)
    cpdef int _spot(self, const unsigned int[::1] codes, unsigned char[::1] found) except -2

    @cython.locals(code=cython.uint, begins=cython.int)
    cdef inline bint _may_begin(self, const unsigned int[::1] codes, int at) noexcept

    @cython.locals(number=cython.int, place=cython.int)
    cdef inline bint _goes_on(self, const unsigned int[::1] codes, int at) noexcept

    @cython.locals(noted=cython.bint)
    cdef bint _note(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(noted=cython.bint, state=cython.int, size=cython.int, blank=cython.bint)
    cdef bint _note_words(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(noted=cython.bint, state=cython.int, size=cython.int)
    cdef bint _note_anywhere(self, const unsigned int[::1] codes, int at, unsigned char[::1] found) noexcept

    @cython.locals(at=cython.int)
    cdef inline bint _note_group(self, int group, unsigned char[::1] found) noexcept


cdef int _letter(unsigned int code) noexcept

cdef bint _is_letter(unsigned int code) noexcept

@cython.locals(character=Py_UCS4)
cdef bint _is_blank(unsigned int code) noexcept
