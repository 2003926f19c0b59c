# Which numbers of `vocabulary.py` are the machine's own where it is compiled.
cimport cython

cdef int _PLACES_FOR_EACH, _MIDDLE, _MOST_LOOKS


@cython.final
cdef class Vocabulary:
    cdef unsigned int most, place
    cdef int count, first, width
    cdef readonly short[::1] records
    cdef int[::1] places

    @cython.locals(first=cython.uint, _=cython.int)
    cpdef int find(self, const int[::1] key, int size, unsigned int mixed) noexcept

    @cython.locals(place=cython.uint, record=cython.int, at=cython.int)
    cpdef int add(self, const int[::1] key, int size, unsigned int mixed) noexcept


@cython.locals(at=cython.int)
cdef bint _is_at(const short[::1] records, int record, const int[::1] key, int size) noexcept
