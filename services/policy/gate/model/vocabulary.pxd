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

    cpdef unsigned int look_ahead(self, const unsigned int[::1] mixed, int count) noexcept

    @cython.locals(place=cython.uint, record=cython.int, at=cython.int)
    cpdef int add(self, const int[::1] key, int size, unsigned int mixed) noexcept


@cython.locals(touched=cython.uint, number=cython.int, record=Py_ssize_t)
cdef unsigned int _touch(const int[::1] places, const short[::1] records, const unsigned int[::1] mixed, int count,
                unsigned int last, Py_ssize_t width) noexcept

@cython.locals(at=cython.int)
cdef bint _is_at(const short[::1] records, int record, const int[::1] key, int size) noexcept
