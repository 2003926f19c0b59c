# Which numbers of `sentences.py` are the machine's own where it is compiled.
cimport cython

cdef Py_UCS4 _LAST_OF_ASCII, _LAST_OF_LATIN_1
cdef Py_ssize_t _LONGEST, _LONGEST_SHORTENED, _WRAPPED
cdef str _CONTINUING


@cython.locals(spans=list, begin=Py_ssize_t, start=Py_ssize_t, end=Py_ssize_t)
cpdef list sentences(str text)

@cython.locals(first=Py_UCS4, line=Py_ssize_t)
cdef bint _goes_on(str text, Py_ssize_t begin, Py_ssize_t start, Py_ssize_t end) except -1

@cython.locals(start=Py_ssize_t, word=str)
cdef bint _is_shortened(str text, Py_ssize_t begin, Py_ssize_t stop) except -1

cdef bint _is_of_word(Py_UCS4 character) noexcept

cdef void _append(list spans, str text, Py_ssize_t start, Py_ssize_t end) except *


@cython.locals(found=list, at=Py_ssize_t, end=Py_ssize_t, start=Py_ssize_t)
cpdef list endings(str text)

@cython.locals(character=Py_UCS4, at=Py_ssize_t)
cdef Py_ssize_t _finish(str text, Py_ssize_t start, Py_ssize_t end) except -1

@cython.locals(stops=Py_ssize_t, at=Py_ssize_t)
cdef Py_ssize_t _finish_stops(str text, Py_ssize_t start, Py_ssize_t end) except -1

cdef bint _is_stop(Py_UCS4 character) noexcept
