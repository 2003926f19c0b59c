# Which numbers of `windows.py` are the machine's own where it is compiled.
cimport cython


cdef int WINDOW
cdef double SOFTNESS


@cython.locals(size=Py_ssize_t, at=Py_ssize_t)
cdef void _weigh(const int[:, ::1] sums, Py_ssize_t first, const double[::1] scales, double[::1] message,
                 double[:, ::1] parts) noexcept

@cython.locals(labels=Py_ssize_t, features=Py_ssize_t, column=Py_ssize_t, row=Py_ssize_t, root=cython.double)
cdef void _free(const int[:, ::1] sums, Py_ssize_t first, Py_ssize_t end, const double[::1] scales,
                double[::1] freed) noexcept

@cython.locals(size=Py_ssize_t, labels=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _lower(const double[:, ::1] parts, double[::1] best, double[:, ::1] powers) noexcept
