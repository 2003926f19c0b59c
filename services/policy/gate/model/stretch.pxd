# Which numbers of `stretch.py` are the machine's own where it is compiled.
cimport cython

cdef Py_ssize_t AROUND, NEIGHBOURS


@cython.final
cdef class Stretch:
    cdef readonly float[:, ::1] words, products, told, gathered
    cdef readonly float[::1] best, sums

    cpdef void fill(self, const float[:, ::1] vectors, Py_ssize_t first, Py_ssize_t size, const float[::1] added,
                    Py_ssize_t rows) noexcept

    cpdef void mix(self, Py_ssize_t size, const float[::1] bias, Py_ssize_t stride) noexcept

    cpdef void lower(self, Py_ssize_t size) noexcept

    cpdef void gather(self, Py_ssize_t size) noexcept


@cython.locals(width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _fill(float[:, ::1] words, const float[:, ::1] vectors, Py_ssize_t first, Py_ssize_t size,
                const float[::1] added) noexcept

@cython.locals(width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _empty(float[:, ::1] rows, Py_ssize_t first, Py_ssize_t end) noexcept

@cython.locals(width=Py_ssize_t, at=Py_ssize_t, row=Py_ssize_t, column=Py_ssize_t, said=cython.float)
cdef void _mix(float[:, ::1] words, const float[:, ::1] products, Py_ssize_t size, const float[::1] bias,
               Py_ssize_t stride) noexcept

@cython.locals(width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _lower(float[:, ::1] told, Py_ssize_t size, float[::1] best) noexcept

@cython.locals(width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _take_together(const float[:, ::1] words, Py_ssize_t size, float root, float[:, ::1] gathered) noexcept

@cython.locals(at=Py_ssize_t, column=Py_ssize_t, row=Py_ssize_t)
cdef void _divide(const float[:, ::1] powers, Py_ssize_t size, float[::1] sums, float[:, ::1] gathered) noexcept
