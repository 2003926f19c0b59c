# Which numbers of `lookup.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.model.meanings cimport Meanings
from services.policy.gate.model.tokens cimport Tokens
from services.policy.gate.model.vocabulary cimport Vocabulary

cdef unsigned int _ALL, _ONE_OCTET, _TWO_OCTETS
cdef int _BLANK, _RUN, _FIRST, _END
cdef int BUCKETS, ROWS, REACH, SMALLEST, LONGEST_WORD, LONGEST_RUN, MOST_PIECES, MOST_MEANINGS, ZERO
cdef unsigned int[::1] _CRC


@cython.final
cdef class Adder:
    cdef Meanings meanings
    cdef Tokens tokens
    cdef Vocabulary words
    cdef const unsigned char[:, ::1] table, alone, answered, joint, said
    cdef int[::1] recent, sums
    cdef int width
    cdef unsigned int before_first, after_stretch
    cdef object lock

    @cython.locals(number=cython.int, at=cython.int, longer=cython.int)
    cpdef void add_all(self, list sentences, int[:, ::1] sums) except *

    @cython.locals(at=cython.int, longer=cython.int, before=cython.uint, number=cython.int, size=cython.int,
                   whole=cython.uint, pair=cython.uint, code=cython.uint, word=cython.int)
    cdef int add_sentence(self, str sentence) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int)
    cdef void learn(self, int word, int size, unsigned int whole, int largest) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int, size=cython.int)
    cdef int add_stretch(self, int start, int end) noexcept

    @cython.locals(nothing=cython.int, most=cython.int, kinds=cython.int, place=cython.int, concept=cython.int,
                   kind=cython.int, at=cython.int, other=cython.int, earlier=cython.int)
    cdef void add_meaning(self, int meaning) noexcept


@cython.final
cdef class Embedder:
    cdef Meanings meanings
    cdef Tokens tokens
    cdef Vocabulary words
    cdef const signed char[:, ::1] table
    cdef const float[::1] scale, roots
    cdef const float[:, ::1] concepts
    cdef short[::1] sums
    cdef object lock

    @cython.locals(number=cython.int, place=cython.int)
    cpdef int embed_all(self, list sentences, float[:, ::1] vectors) except -1

    @cython.locals(number=cython.int, start=cython.int, end=cython.int, size=cython.int, count=cython.int)
    cdef int embed_sentence(self, str sentence, float[:, ::1] vectors, int place) noexcept

    @cython.locals(whole=cython.uint, at=cython.int, word=cython.int, count=cython.int, meaning=cython.int)
    cdef void embed_word(self, int size, int largest, float[:, ::1] vectors, int place) noexcept

    @cython.locals(state=cython.uint, at=cython.int, count=cython.int, length=cython.int, first=cython.int)
    cdef int add_word(self, int size, int largest, unsigned int whole) noexcept

    @cython.locals(count=cython.int, state=cython.uint, at=cython.int)
    cdef int add_run(self, int start, int end) noexcept

    @cython.locals(number=cython.int, concept=cython.int)
    cdef void write(self, float[:, ::1] vectors, int place, int count, int meaning) noexcept


@cython.locals(at=Py_ssize_t)
cdef void _add(const unsigned char[:, ::1] table, Py_ssize_t row, int[::1] sums) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _add_known(const short[::1] records, Py_ssize_t first, int[::1] sums) noexcept

@cython.locals(row=Py_ssize_t, at=Py_ssize_t)
cdef void _learn(const unsigned char[:, ::1] table, unsigned int number, short[::1] records, Py_ssize_t first,
                 Py_ssize_t width) noexcept

@cython.locals(row=Py_ssize_t, at=Py_ssize_t)
cdef void _add_pieces(const signed char[:, ::1] table, unsigned int number, short[::1] sums) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _add_concept(const float[:, ::1] table, Py_ssize_t row, float[::1] vector) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _write(short[::1] sums, const float[::1] scale, float root, float[::1] vector) noexcept

cdef unsigned int _fold(unsigned int state, unsigned int code) noexcept

cdef unsigned int _take(unsigned int state, unsigned int octet) noexcept
