# Which numbers of `endings.py` are the machine's own where it is compiled.
cimport cython

cdef Py_UCS4 _LAST_OF_ASCII, _LAST_OF_LATIN_1


@cython.locals(found=list, at=Py_ssize_t, end=Py_ssize_t, start=Py_ssize_t)
cpdef list endings(str text)

@cython.locals(character=Py_UCS4, at=Py_ssize_t)
cdef Py_ssize_t _finish(str text, Py_ssize_t start, Py_ssize_t end) except -1

@cython.locals(stops=Py_ssize_t, at=Py_ssize_t)
cdef Py_ssize_t _finish_stops(str text, Py_ssize_t start, Py_ssize_t end) except -1

cdef bint _is_stop(Py_UCS4 character) noexcept
