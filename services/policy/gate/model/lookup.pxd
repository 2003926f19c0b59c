# Which numbers of `lookup.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef unsigned int _ALL
cdef int _WORD, _STRETCH, _ZERO, _LINK, _BLANK, _RUN, _BEGIN, _FINISH, ZERO
cdef int BUCKETS, ROWS, SMALLEST, LARGEST, LONGEST_WORD, LONGEST_RUN, MOST_PIECES, MOST_MEANINGS


@cython.final
cdef class Lookup:
    cdef int _most, _nothing
    cdef int[::1] _meanings, _alone, _answered, _joint, _edged
    cdef unsigned int[::1] _crc
    cdef unsigned int _before_first, _after_stretch
    cdef Trie _words, _runs

    @cython.locals(at=cython.int, count=cython.int, end=cython.int, start=cython.int, kind=cython.int,
                   character=Py_UCS4)
    cdef int _split(self, str sentence, int[:, ::1] tokens) except -1

    @cython.locals(number=cython.int, sentence=str)
    cpdef int _add_sentences(self, list sentences, int[:, ::1] tokens, int[::1] said, int[::1] recent,
                             const unsigned char[:, ::1] table, int[:, ::1] sums) except -1

    @cython.locals(at=cython.int, longer=cython.int, other=cython.int, before=cython.uint, number=cython.int,
                   kind=cython.int, start=cython.int, end=cython.int, size=cython.int, whole=cython.uint,
                   pair=cython.uint, last=cython.int)
    cdef int _add_sentence(self, str sentence, int[:, ::1] tokens, int count, int[::1] said, int[::1] recent,
                           const unsigned char[:, ::1] table, int[::1] sums) except -1

    @cython.locals(at=cython.int)
    cdef inline int _copy(self, str sentence, int kind, int start, int end) except -1

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int)
    cdef int _add_pieces(self, int size, const unsigned char[:, ::1] table, int[::1] sums) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int)
    cdef int _add_runs(self, str sentence, int start, int end, const unsigned char[:, ::1] table,
                       int[::1] sums) except -1

    @cython.locals(count=cython.int, at=cython.int, size=cython.int)
    cdef int _add_spoken(self, str sentence, int start, int end, int[::1] said, int[::1] recent,
                         const unsigned char[:, ::1] table, int[::1] sums) except -1

    @cython.locals(count=cython.int, kinds=cython.int, place=cython.int, concept=cython.int, kind=cython.int,
                   at=cython.int, other=cython.int, earlier=cython.int)
    cdef int _add_meaning(self, int meaning, int[::1] said, int[::1] recent, const unsigned char[:, ::1] table,
                          int[::1] sums) except -1

    @cython.locals(place=cython.int, number=cython.int, sentence=str, count=cython.int)
    cpdef int _embed_sentences(self, list sentences, int[:, ::1] tokens, const signed char[:, ::1] table,
                               short[:, ::1] sums, int[::1] sizes, int[:, ::1] concepts) except -1

    @cython.locals(number=cython.int, kind=cython.int, start=cython.int, end=cython.int, size=cython.int,
                   is_word=cython.bint)
    cdef int _embed_sentence(self, str sentence, int[:, ::1] tokens, int count, const signed char[:, ::1] table,
                             short[:, ::1] sums, int[::1] sizes, int[:, ::1] concepts, int place) except -1

    @cython.locals(whole=cython.uint, at=cython.int, count=cython.int, length=cython.int, first=cython.int,
                   state=cython.uint)
    cdef int _sum_word(self, int size, int largest, const signed char[:, ::1] table, short[:, ::1] sums,
                       int place) noexcept

    @cython.locals(count=cython.int, state=cython.uint, at=cython.int)
    cdef int _sum_run(self, str sentence, int start, int end, const signed char[:, ::1] table, short[:, ::1] sums,
                      int place) except -1

    @cython.locals(at=cython.int)
    cdef int _note(self, int meaning, int[:, ::1] concepts, int place) noexcept

    @cython.locals(state=cython.int, stem=cython.int, at=cython.int)
    cdef int _mean_word(self, int size) noexcept

    @cython.locals(state=cython.int, size=cython.int, at=cython.int)
    cdef int _measure_run(self, str sentence, int start, int end) noexcept

    @cython.locals(state=cython.int, at=cython.int)
    cdef int _mean_run(self, str sentence, int start, int size) noexcept

    cdef inline unsigned int _fold(self, unsigned int state, unsigned int code) noexcept


cdef bint _is_letter(Py_UCS4 character) noexcept

cdef bint _is_japanese(Py_UCS4 character) noexcept

@cython.locals(row=cython.int, at=cython.int)
cdef void _add_row(const unsigned char[:, ::1] table, unsigned int number, int[::1] sums) noexcept

@cython.locals(row=cython.int, at=cython.int)
cdef void _sum_row(const signed char[:, ::1] table, unsigned int number, short[:, ::1] sums, int place) noexcept
