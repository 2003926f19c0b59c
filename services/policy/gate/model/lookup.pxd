# Which numbers of `lookup.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.trie cimport Trie

cdef unsigned int _ALL, _ONE_OCTET, _TWO_OCTETS
cdef int _WORD, _STRETCH, _ZERO, _LINK, _BLANK, _RUN, _BEGIN, _FINISH, _FIRST, _END
cdef int BUCKETS, ROWS, REACH, SMALLEST, LARGEST, LONGEST_WORD, LONGEST_RUN, MOST_PIECES, MOST_MEANINGS, ZERO
cdef unsigned int[::1] _CRC


@cython.final
cdef class Lookup:
    cdef int most, nothing
    cdef int[::1] meanings, alone, answered, joint
    cdef Trie words, runs

    @cython.locals(state=cython.int, stem=cython.int, at=cython.int)
    cdef int mean_word(self, const int[::1] edged, int size) noexcept

    @cython.locals(state=cython.int, size=cython.int, at=cython.int)
    cdef int measure_run(self, str sentence, int start, int end) noexcept

    @cython.locals(state=cython.int, at=cython.int)
    cdef int mean_run(self, str sentence, int start, int size) noexcept


@cython.final
cdef class Tokens:
    cdef int[::1] kinds, starts, ends, edged

    @cython.locals(at=cython.int, count=cython.int, end=cython.int, start=cython.int, kind=cython.int,
                   end_of_word=cython.int)
    cdef int split(self, str sentence) noexcept

    @cython.locals(kind=cython.int, start=cython.int, end=cython.int, at=cython.int)
    cdef int copy(self, str sentence, int number) noexcept

    @cython.locals(first=Py_UCS4)
    cdef bint has_pieces(self, str sentence, int number) noexcept


@cython.final
cdef class Adder:
    cdef Lookup lookup
    cdef Tokens tokens
    cdef const unsigned char[:, ::1] table
    cdef int[::1] said, recent, sums
    cdef int width
    cdef unsigned int before_first, after_stretch

    @cython.locals(number=cython.int, at=cython.int, longer=cython.int)
    cpdef void add_all(self, list sentences, int[:, ::1] sums) except *

    @cython.locals(at=cython.int, longer=cython.int, before=cython.uint, number=cython.int, size=cython.int,
                   whole=cython.uint, pair=cython.uint, code=cython.uint)
    cdef int add_sentence(self, str sentence) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int)
    cdef int add_pieces(self, int size) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int, size=cython.int)
    cdef int add_stretch(self, str sentence, int start, int end) noexcept

    @cython.locals(nothing=cython.int, most=cython.int, kinds=cython.int, place=cython.int, concept=cython.int,
                   kind=cython.int, at=cython.int, other=cython.int, earlier=cython.int)
    cdef void add_meaning(self, int meaning) noexcept


@cython.final
cdef class Embedder:
    cdef Lookup lookup
    cdef Tokens tokens
    cdef const signed char[:, ::1] table
    cdef const float[::1] scale, roots
    cdef const float[:, ::1] concepts
    cdef short[::1] sums

    @cython.locals(number=cython.int, place=cython.int)
    cpdef list embed_all(self, list sentences, float[:, ::1] vectors)

    @cython.locals(number=cython.int, start=cython.int, end=cython.int, size=cython.int, count=cython.int)
    cdef int embed_sentence(self, str sentence, float[:, ::1] vectors, int place) noexcept

    @cython.locals(state=cython.uint, at=cython.int, count=cython.int, length=cython.int, first=cython.int)
    cdef int add_word(self, int size, int largest) noexcept

    @cython.locals(count=cython.int, state=cython.uint, at=cython.int)
    cdef int add_run(self, str sentence, int start, int end) noexcept

    @cython.locals(number=cython.int, concept=cython.int)
    cdef void write(self, float[:, ::1] vectors, int place, int count, int meaning) noexcept


@cython.locals(row=cython.int, at=cython.int)
cdef void _add(const unsigned char[:, ::1] table, unsigned int number, int[::1] sums) noexcept

@cython.locals(row=cython.int, at=cython.int)
cdef void _add_pieces(const signed char[:, ::1] table, unsigned int number, short[::1] sums) noexcept

@cython.locals(at=cython.int)
cdef void _add_concept(const float[:, ::1] table, int row, float[::1] vector) noexcept

@cython.locals(at=cython.int)
cdef void _write(short[::1] sums, const float[::1] scale, float root, float[::1] vector) noexcept

cdef int _tell(Py_UCS4 character) noexcept

cdef unsigned int _fold(unsigned int state, unsigned int code) noexcept

cdef unsigned int _take(unsigned int state, unsigned int octet) noexcept
