# Which numbers of `tokens.py` are the machine's own where it is compiled.
cimport cython

cdef int _AFTER_ASCII, _WORD, _STRETCH, _ZERO, _NINE, _BLANK, _BEGIN, _FINISH
cdef int _LINK, _PERCENT, _DOLLAR, _EURO, _POUND, _YEN, _ASKS, _CALLS, _POINT, _COMMA, _SLASH, _COLON, _HYPHEN
cdef int _A, _Z, _FIRST_LETTER, _LAST_LETTER, _DIVIDED, _FIRST_KANA, _LAST_KANA, _FIRST_HAN, _LAST_HAN
cdef int LARGEST, LONGEST_WORD


@cython.final
cdef class Tokens:
    cdef int[::1] kinds
    cdef readonly int[::1] codes, starts, ends, edged

    @cython.locals(at=cython.int, count=cython.int, end=cython.int, start=cython.int, kind=cython.int,
                   end_of_word=cython.int, place=cython.int)
    cpdef int split(self, str sentence) noexcept

    cpdef bint is_stretch(self, int number) noexcept

    @cython.locals(kind=cython.int, start=cython.int, end=cython.int, at=cython.int)
    cpdef int copy(self, int number) noexcept

    cpdef int limit_pieces(self, int number) noexcept


cdef int _tell(int code) noexcept

cdef bint _goes_on(int code) noexcept
