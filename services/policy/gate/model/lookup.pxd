# Which numbers of `lookup.py` are the machine's own where it is compiled.
cimport cython

from services.policy.gate.model.meanings cimport Meanings
from services.policy.gate.model.tokens cimport Tokens
from services.policy.gate.model.vocabulary cimport Vocabulary

cdef unsigned int _ALL, _ONE_OCTET, _TWO_OCTETS
cdef int _BLANK, _RUN, _FIRST, _FEATURES, _PIECES, _SUMS
cdef int BUCKETS, ROWS, REACH, SMALLEST, LONGEST_WORD, LONGEST_RUN, MOST_PIECES, MOST_MEANINGS, ZERO
cdef unsigned int[::1] _CRC


@cython.final
cdef class Lookup:
    cdef Meanings meanings
    cdef Tokens tokens
    cdef Vocabulary words
    cdef const unsigned char[:, ::1] table, alone, answered, joint, said
    cdef const signed char[:, ::1] pieces
    cdef const float[::1] scale, roots, end
    cdef const float[:, ::1] concepts
    cdef int[::1] recent, sums
    cdef short[::1] run
    cdef unsigned int[::1] wholes, pairs, rows
    cdef unsigned int touched
    cdef int labels, width
    cdef unsigned int before_first, after_stretch
    cdef object lock

    @cython.locals(number=cython.int, place=cython.int)
    cpdef int read_all(self, list sentences, int[:, ::1] sums, float[:, ::1] vectors) except -1

    @cython.locals(at=cython.int, longer=cython.int, number=cython.int, size=cython.int, whole=cython.uint,
                   word=cython.int, count=cython.int)
    cdef int read_sentence(self, str sentence, int[:, ::1] sums, int row, float[:, ::1] vectors, int place) noexcept

    @cython.locals(before=cython.uint, number=cython.int, size=cython.int, whole=cython.uint, pair=cython.uint,
                   at=cython.int, code=cython.uint)
    cdef void look_ahead(self, int count) noexcept

    @cython.locals(sums=cython.int, rows=cython.int, count=cython.int, first=cython.int, state=cython.uint,
                   place=cython.int, at=cython.int, length=cython.int, pieces=cython.int)
    cdef void learn(self, int word, int size, unsigned int whole, int largest) noexcept

    @cython.locals(count=cython.int, first=cython.int, state=cython.uint, at=cython.int)
    cdef int add_runs(self, int start, int end) noexcept

    @cython.locals(at=cython.int, size=cython.int, meaning=cython.int, count=cython.int)
    cdef int read_stretch(self, int start, int end, float[:, ::1] vectors, int place) noexcept

    @cython.locals(count=cython.int, at=cython.int)
    cdef int add_run(self, int first, int size) noexcept

    @cython.locals(nothing=cython.int, most=cython.int, kinds=cython.int, place=cython.int, concept=cython.int,
                   kind=cython.int, at=cython.int, other=cython.int, earlier=cython.int)
    cdef void add_meaning(self, int meaning) noexcept

    @cython.locals(root=cython.float)
    cdef int write_word(self, int word, float[:, ::1] vectors, int place) noexcept

    @cython.locals(at=Py_ssize_t)
    cdef int write_end(self, float[:, ::1] vectors, int place) noexcept

    @cython.locals(number=cython.int, concept=cython.int, at=Py_ssize_t)
    cdef void add_concepts(self, int meaning, float[:, ::1] vectors, int place) noexcept


@cython.locals(at=Py_ssize_t)
cdef void _add(const unsigned char[:, ::1] table, Py_ssize_t row, int[::1] sums) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _add_known(const short[::1] records, Py_ssize_t first, int[::1] sums) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _learn(const unsigned char[:, ::1] table, Py_ssize_t row, short[::1] records, Py_ssize_t first,
                 Py_ssize_t width) noexcept

@cython.locals(touched=cython.uint, number=cython.int)
cdef unsigned int _touch(const unsigned char[:, ::1] table, const unsigned int[::1] rows, int count) noexcept

@cython.locals(touched=cython.uint, number=cython.int)
cdef unsigned int _touch_pieces(const signed char[:, ::1] table, const unsigned int[::1] rows, int count) noexcept

@cython.locals(row=Py_ssize_t, at=Py_ssize_t)
cdef void _learn_piece(const signed char[:, ::1] table, unsigned int number, short[::1] records, Py_ssize_t first,
                       Py_ssize_t width) noexcept

@cython.locals(row=Py_ssize_t, at=Py_ssize_t)
cdef void _add_piece(const signed char[:, ::1] table, unsigned int number, short[::1] sums) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _write(const short[::1] records, Py_ssize_t first, const float[::1] scale, float root,
                 float[:, ::1] vectors, Py_ssize_t place) noexcept

@cython.locals(at=Py_ssize_t)
cdef void _write_run(short[::1] sums, const float[::1] scale, float root, float[:, ::1] vectors,
                     Py_ssize_t place) noexcept

cdef unsigned int _fold(unsigned int state, unsigned int code) noexcept

cdef unsigned int _take(unsigned int state, unsigned int octet) noexcept
