# Which numbers of `pooling.py` are the machine's own where it is compiled.
cimport cython


@cython.locals(size=Py_ssize_t, width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _lower(float[:, ::1] told, float[::1] best) noexcept

@cython.locals(size=Py_ssize_t, width=Py_ssize_t, count=Py_ssize_t, heads=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t,
               head=Py_ssize_t, power=cython.float)
cdef void _look_for(const float[:, ::1] said, const float[:, ::1] powers, float[::1] sums,
                    float[:, ::1] means) noexcept

@cython.locals(size=Py_ssize_t, width=Py_ssize_t, at=Py_ssize_t, column=Py_ssize_t)
cdef void _take_together(const float[:, ::1] said, float root, float[::1] total, float[::1] highest) noexcept
